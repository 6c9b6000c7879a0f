#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/access.sh

main() {
  master_open
  master 'reading who may connect' <<SQL
DO \$names\$
DECLARE
  problem text;
BEGIN
  -- Found before anything is fenced: open-database could not be told to let them in again.
  SELECT string_agg(quote_ident(g.grantee), ', ') INTO problem FROM $GRANTEES AS g WHERE g.grantee !~ '^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$';
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'CONNECT is held by %, whose name has characters other than letters, digits, _ . @ -', problem
      USING HINT = 'rename the role, or grant CONNECT to a role that it is a member of instead';
  END IF;
END
\$names\$;
SELECT json_build_object(
  'grantees', (SELECT coalesce(json_agg(g.grantee ORDER BY g.grantee), '[]') FROM $GRANTEES AS g),
  'owner', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()),
  'sessions', (SELECT count(*) FROM $OTHER_SESSIONS AS s),
  'databaseTime', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'));
SQL
  result "$SQL_OUT"
}
main
