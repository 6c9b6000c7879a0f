#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/replication.sh

main() {
  local end
  master_open
  end=$((SECONDS + SSM_WaitSeconds))
  while :; do
    # A database that is no replica any more will never replay anything: nobody waits for it.
    master 'asking how far the replica is' <<SQL
SELECT CASE WHEN NOT pg_is_in_recovery() THEN 'primary'
  WHEN pg_last_wal_replay_lsn() >= '$SSM_Position'::pg_lsn THEN 'there' ELSE 'behind' END;
SQL
    case $SQL_OUT in
      there) break ;;
      primary) fail 1 "the database at $SSM_Address is no replica: somebody promoted it" ;;
    esac
    [ "$SECONDS" -lt "$end" ] ||
      fail 50 "the replica at $SSM_Address has not replayed up to $SSM_Position within $SSM_WaitSeconds s"
    progress "the replica at $SSM_Address is not at $SSM_Position yet"
    sleep 1
  done
  master 'asking how far the database is' <<<"$REPLICATION"
  result "$SQL_OUT"
}
main
