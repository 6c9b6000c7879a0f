#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh

# A write as real as it can be without a trace: a lock on one row of a table that this login may update. PostgreSQL writes
# it into the row and the WAL; it fires no trigger, meets no constraint, and is rolled back. A temporary table would prove
# neither the grants nor much else. In an empty table the UPDATE of no row still checks the grants.
write_and_roll_back() {
  cat <<'SQL'
SET statement_timeout = '20s';
SET lock_timeout = '5s';
BEGIN;
DO $try$
DECLARE
  chosen record;
BEGIN
  IF pg_is_in_recovery() THEN
    RAISE EXCEPTION 'the database is a standby in recovery, which takes no writes';
  END IF;
  IF current_setting('transaction_read_only') = 'on' THEN
    RAISE EXCEPTION 'transactions of % are read-only here', session_user
      USING HINT = 'see default_transaction_read_only of the instance, the database and the role';
  END IF;
  SELECT c.oid::regclass AS name, a.attname AS col INTO chosen
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
    WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_'
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'UPDATE')
    ORDER BY pg_relation_size(c.oid) DESC, c.oid, a.attnum LIMIT 1;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% may read and update no table at all', session_user
      USING HINT = 'the restored copy lacks the grants of today; a login that only reads does not belong into database.logins';
  END IF;
  EXECUTE format('UPDATE %s SET %I = %I WHERE false', chosen.name, chosen.col, chosen.col);
  -- Skips rows that others hold: waiting for them would prove nothing more.
  EXECUTE format('SELECT FROM %s LIMIT 1 FOR UPDATE SKIP LOCKED', chosen.name);
  PERFORM pg_current_xact_id();
END
$try$;
SELECT coalesce((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), '') || '|' || current_database();
ROLLBACK;
SQL
}

main() {
  # By the name that the application uses (Address, checked against the certificate), but at the new endpoint.
  connect_at "$SSM_Endpoint"
  tried=()
  read -r -a logins <<<"$SSM_Logins"
  for login in "${logins[@]}"; do
    login_read "$login"
    code=0
    sql "$LOGIN_ROLE" "$LOGIN_PASSWORD" < <(write_and_roll_back) || code=$?
    [ "$code" -eq 0 ] ||
      database_failed "$code" "trying the login $LOGIN_ROLE at $SSM_Endpoint" "$LOGIN_ROLE" "Where the password is refused, run align-logins; where the certificate is for another name, cut over by rename"
    tls=${SQL_OUT%%|*}
    [ -n "$tls" ] || fail 1 "the connection of $LOGIN_ROLE to $SSM_Endpoint is not encrypted, though sslmode is $SSM_SslMode"
    tried+=("{\"role\":$(json_string "$LOGIN_ROLE"),\"tls\":$(json_string "$tls"),\"database\":$(json_string "${SQL_OUT#*|}")}")
    progress "$LOGIN_ROLE writes over $tls"
  done
  result "{\"logins\":$(json_list "${tried[@]}")}"
}
main
