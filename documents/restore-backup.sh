#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/backup.sh

# mark STATE: what a comment on the side database says: whose it is, and how far.
mark() { printf 'lifeboat run=%s expires=%s %s=%s' "$SSM_RunId" "$SSM_Expires" "$1" "$SSM_BackupName"; }

# What is there by the name of the side database: its comment in SIDE_MARK; SIDE is yes or no.
look() {
  master 'looking for the side database' <<SQL
$(setting side "$SSM_SideDatabase")
SELECT 'yes|' || coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = current_setting('lifeboat.side');
SQL
  SIDE=${SQL_OUT%%|*}
  SIDE=${SIDE:-no}
  SIDE_MARK=${SQL_OUT#*|}
}

# An empty database like the present one: owner, encoding, locale, settings and privileges, which pg_dump leaves out. CONNECT is
# nobody's until it is opened.
create() {
  # CREATE DATABASE takes no variables and no transaction: its text is made by the server, which quotes what is in it.
  master 'reading the present database' <<SQL
$(setting side "$SSM_SideDatabase")
$(setting present "$SSM_Database")
SELECT format('CREATE DATABASE %I TEMPLATE template0', current_setting('lifeboat.side')) || coalesce((
  SELECT format(' OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L', pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), d.datcollate, d.datctype)
    || CASE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c')
         WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'))
         WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', to_jsonb(d) ->> 'datlocale')
         ELSE '' END
    FROM pg_database AS d WHERE d.datname = current_setting('lifeboat.present')), '') || ';';
SQL
  master 'making the side database' 'The master needs CREATEDB, and has to be a member of the role that owns the present database' <<<"$SQL_OUT"
  master 'marking the side database' <<SQL
$(setting side "$SSM_SideDatabase")
$(setting present "$SSM_Database")
$(setting mark "$(mark restoring)")
DO \$like\$
DECLARE
  side text := current_setting('lifeboat.side');
  present text := current_setting('lifeboat.present');
  one record;
BEGIN
  EXECUTE format('COMMENT ON DATABASE %I IS %L', side, current_setting('lifeboat.mark'));
  IF EXISTS (SELECT FROM pg_database WHERE datname = present AND datacl IS NOT NULL) THEN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', side);
    FOR one IN SELECT a.* FROM pg_database AS d, aclexplode(d.datacl) AS a
      WHERE d.datname = present AND a.privilege_type <> 'CONNECT' AND a.grantee <> d.datdba LOOP
      EXECUTE format('GRANT %s ON DATABASE %I TO %s%s', one.privilege_type, side,
        CASE one.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(one.grantee)) END,
        CASE WHEN one.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
    END LOOP;
  END IF;
  EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', side);
  FOR one IN SELECT s.setrole, split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value
    FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase, unnest(s.setconfig) AS c
    WHERE d.datname = present LOOP
    -- Lists of names are kept quoted already (pg_dump, variable_is_guc_list_quote).
    EXECUTE format('ALTER %s SET %I TO %s',
      CASE one.setrole WHEN 0 THEN format('DATABASE %I', side)
        ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(one.setrole), side) END,
      one.name,
      CASE WHEN one.name IN ('local_preload_libraries', 'search_path', 'session_preload_libraries', 'temp_tablespaces', 'unix_socket_directories')
        THEN one.value ELSE quote_literal(one.value) END);
  END LOOP;
END
\$like\$;
SQL
}

# What an attempt before this one, whose script is gone, left at work in the side database would be in the way.
end_sessions() {
  master 'ending what an attempt before this one left' <<SQL
$(setting side "$SSM_SideDatabase")
SELECT count(pg_terminate_backend(pid, 15000)) FROM pg_stat_activity WHERE datname = current_setting('lifeboat.side') AND pid <> pg_backend_pid();
SQL
}

# One transaction: a restore that breaks off leaves an empty database.
fill() {
  local file=$SSM_BackupFolder/$SSM_BackupName code=0
  backup_format "$file" || fail 40 "the backup $SSM_BackupName in $SSM_BackupFolder on $(uname -n) is gone, or is none"
  export PGUSER=$MASTER_USER PGPASSWORD=$MASTER_PASSWORD
  if [ "$REPLY" = plain ]; then
    gzip -dc -- "$file" |
      PGDATABASE=$SSM_SideDatabase psql -X -q -v ON_ERROR_STOP=1 --single-transaction -f - 2>"$WORK/stderr" >/dev/null || code=$?
  else
    pg_restore --single-transaction --exit-on-error --no-password -d "$SSM_SideDatabase" -- "$file" 2>"$WORK/stderr" >/dev/null || code=$?
  fi
  unset PGUSER PGPASSWORD
  [ "$code" -eq 0 ] && return
  SQL_ERR=$(head -c 4000 "$WORK/stderr")
  sql_message
  fail 1 "the backup $SSM_BackupName could not be restored into $SSM_SideDatabase (code $code; the side database is empty): $REPLY"
}

main() {
  local continued=false
  master_open
  maintenance
  server_facts
  require_tools psql pg_restore
  look
  if [ "$SIDE" = yes ] && [[ $SIDE_MARK != "lifeboat run=$SSM_RunId "* ]]; then
    fail 43 "a database $SSM_SideDatabase is there already, and not of the run $SSM_RunId (its comment: ${SIDE_MARK:-none}); nothing was changed"
  fi
  if [ "$SIDE" = yes ] && [[ $SIDE_MARK == *" restored=$SSM_BackupName" ]]; then
    continued=true
  else
    if [ "$SIDE" = yes ]; then
      [[ $SIDE_MARK == *" restoring=$SSM_BackupName" ]] ||
        fail 43 "the database $SSM_SideDatabase of the run $SSM_RunId was restored from another backup (its comment: $SIDE_MARK); nothing was changed"
      end_sessions
    else
      create
    fi
    progress "restoring $SSM_BackupName into $SSM_SideDatabase"
    fill
    PGDATABASE=$SSM_SideDatabase master 'analyzing the copy' <<<'ANALYZE;'
    master 'marking the copy' <<SQL
$(setting side "$SSM_SideDatabase")
$(setting mark "$(mark restored)")
DO \$mark\$ BEGIN EXECUTE format('COMMENT ON DATABASE %I IS %L', current_setting('lifeboat.side'), current_setting('lifeboat.mark')); END \$mark\$;
SQL
  fi
  master 'measuring the copy' <<SQL
$(setting side "$SSM_SideDatabase")
SELECT pg_database_size(oid) / 1048576 FROM pg_database WHERE datname = current_setting('lifeboat.side');
SQL
  result "{\"database\":$(json_string "$SSM_SideDatabase"),\"backup\":$(json_string "$SSM_BackupName"),\"continued\":$continued,\"megabytes\":$SQL_OUT}"
}
main
