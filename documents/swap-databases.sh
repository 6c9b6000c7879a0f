#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh

# Everything in one transaction: ends the sessions in both, renames both, moves the comment. What the SQL raises as "TAKEN: …"
# or "SESSIONS: …" has a code of its own; PostgreSQL itself refuses to rename what somebody is in (55006), after five seconds.
swap() {
  local code=0
  sql "$MASTER_USER" "$MASTER_PASSWORD" <<SQL || code=$?
$(setting present "$SSM_Database")
$(setting side "$SSM_SideDatabase")
$(setting kept "$SSM_OldDatabase")
$(setting run "lifeboat run=$SSM_RunId ")
$(setting mark "lifeboat run=$SSM_RunId expires=$SSM_Expires replaced=$SSM_Database")
SET lock_timeout = '30s';
DO \$swap\$
DECLARE
  present text := current_setting('lifeboat.present');
  side text := current_setting('lifeboat.side');
  kept text := current_setting('lifeboat.kept');
  ours text := current_setting('lifeboat.run');
  marks jsonb := (SELECT coalesce(jsonb_object_agg(datname, coalesce(shobj_description(oid, 'pg_database'), '')), '{}')
    FROM pg_database WHERE datname IN (present, side, kept));
  deadline timestamptz := clock_timestamp() + interval '15 seconds';
  seen integer[] := '{}';
  remaining integer;
  why text;
  one record;
BEGIN
  PERFORM set_config('lifeboat.ended', '0', false);
  IF NOT marks ? side AND marks ? present AND starts_with(coalesce(marks ->> kept, marks ->> present), ours) THEN
    PERFORM set_config('lifeboat.continued', 'true', false);
    PERFORM set_config('lifeboat.kept_is', CASE WHEN marks ? kept THEN kept ELSE '' END, false);
    RETURN;
  END IF;
  PERFORM set_config('lifeboat.continued', 'false', false);
  PERFORM set_config('lifeboat.kept_is', CASE WHEN marks ? present THEN kept ELSE '' END, false);
  IF NOT marks ? side THEN RAISE EXCEPTION 'TAKEN: there is no database % to put in place of %', side, present; END IF;
  IF NOT starts_with(marks ->> side, ours) THEN
    RAISE EXCEPTION 'TAKEN: the database % is not of this run (its comment: %)', side, marks ->> side;
  END IF;
  IF (marks ->> side) LIKE '% restoring=%' THEN
    RAISE EXCEPTION 'TAKEN: the database % is not restored yet (its comment: %)', side, marks ->> side;
  END IF;
  IF marks ? kept THEN
    RAISE EXCEPTION 'TAKEN: a database % is there already (its comment: %)', kept, marks ->> kept;
  END IF;
  LOOP
    PERFORM pg_stat_clear_snapshot();
    remaining := 0;
    FOR one IN SELECT pid, usename FROM pg_stat_activity WHERE datname IN (present, side) AND pid <> pg_backend_pid() LOOP
      remaining := remaining + 1;
      IF one.pid <> ALL (seen) THEN seen := seen || one.pid; END IF;
      BEGIN
        PERFORM pg_terminate_backend(one.pid);
      EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'SESSIONS: the session % of % cannot be ended: %', one.pid, one.usename, SQLERRM;
      END;
    END LOOP;
    EXIT WHEN remaining = 0;
    IF clock_timestamp() > deadline THEN
      RAISE EXCEPTION 'SESSIONS: % session(s) do not end, the last seen is % of %', remaining, one.pid, one.usename;
    END IF;
    PERFORM pg_sleep(0.05);
  END LOOP;
  PERFORM set_config('lifeboat.ended', cardinality(seen)::text, false);
  BEGIN
    IF marks ? present THEN
      EXECUTE format('ALTER DATABASE %I RENAME TO %I', present, kept);
      EXECUTE format('COMMENT ON DATABASE %I IS %L', kept, current_setting('lifeboat.mark'));
    END IF;
    EXECUTE format('ALTER DATABASE %I RENAME TO %I', side, present);
  EXCEPTION WHEN object_in_use THEN
    GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
    RAISE EXCEPTION 'SESSIONS: %: %', SQLERRM, why;
  END;
  -- Without one to be kept the mark on the copy is what says that it has been put in place.
  IF marks ? present THEN
    EXECUTE format('COMMENT ON DATABASE %I IS %L', present, nullif(marks ->> present, ''));
  END IF;
END
\$swap\$;
SELECT to_char(date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC') + interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || '|'
  || current_setting('lifeboat.ended') || '|' || current_setting('lifeboat.continued') || '|' || current_setting('lifeboat.kept_is');
SQL
  [ "$code" -ne 0 ] || return 0
  sql_message
  [[ $SQL_ERR != *'SESSIONS: '* ]] ||
    fail 44 "$SSM_Database was not replaced, and nothing was changed: connections do not end: $REPLY"
  [[ $SQL_ERR != *'TAKEN: '* ]] || fail 43 "$SSM_Database was not replaced, and nothing was changed: $REPLY"
  database_failed "$code" 'swapping the databases (nothing was changed)' "the master $MASTER_USER" \
    'The master needs CREATEDB and has to own both databases, or be a superuser'
}

main() {
  local kept=null
  master_open
  export PGDATABASE=postgres # nobody may be in a database that is renamed
  swap
  IFS='|' read -r swapped ended continued name <<<"$SQL_OUT"
  [ -z "$name" ] || kept=$(json_string "$name")
  result "{\"swappedAt\":\"$swapped\",\"kept\":$kept,\"endedSessions\":$ended,\"continued\":$continued}"
}
main
