# How far a database is in its log. Needs database.

# SQL that answers with one line of JSON: a replica says what it has replayed, a primary what it has written.
# shellcheck disable=SC2034 # used by the documents
read -r -d '' REPLICATION <<'SQL' || true
SELECT json_build_object(
  'recovering', pg_is_in_recovery(),
  'position', coalesce(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, '0/0')::text,
  'replayedTo', CASE WHEN pg_is_in_recovery() THEN
    to_char(pg_last_xact_replay_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END,
  'waitingBytes', CASE WHEN pg_is_in_recovery() THEN
    greatest(0, coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0))::bigint ELSE 0 END,
  'databaseTime', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
SQL
