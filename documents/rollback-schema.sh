#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/owner.sh

TABLE=${SSM_SchemaVersion%.*}
COLUMN=${SSM_SchemaVersion#*.}

# applied: the versions in the database, newest first, in VERSIONS.
applied() {
  master 'reading the versions of the schema' <<SQL
SELECT string_agg(v.version, ' ' ORDER BY v.numbers DESC NULLS LAST, v.version DESC) FROM (
  SELECT "$COLUMN"::text AS version,
    CASE WHEN "$COLUMN"::text ~ '^[0-9]{1,18}([.][0-9]{1,18})*\$' THEN string_to_array("$COLUMN"::text, '.')::bigint[] END AS numbers
  FROM public."$TABLE") AS v;
SQL
  read -r -a VERSIONS <<<"$SQL_OUT"
}

# The migrations drop what the application's role owns, which the master may not unless it is a member (PostgreSQL, DROP
# TABLE). A master that made the role may grant itself that; it is taken back at the end. In BORROWED the role.
borrow_ownership() {
  BORROWED=''
  master 'asking whose the schema is' <<SQL
SELECT CASE WHEN pg_has_role(current_user, c.relowner, 'USAGE') THEN '' ELSE pg_get_userbyid(c.relowner) END
  FROM pg_class AS c WHERE c.oid = 'public."$TABLE"'::regclass;
SQL
  [ -n "$SQL_OUT" ] || return 0
  [[ $SQL_OUT =~ ^[A-Za-z0-9_]+$ ]] || fail 1 "the owner $SQL_OUT of $TABLE has a name with characters other than letters, digits, _"
  BORROWED=$SQL_OUT
  master "becoming a member of $BORROWED" "Grant the master $MASTER_USER membership of $BORROWED" <<SQL
DO \$grant\$
BEGIN
  IF current_setting('server_version_num')::int >= 160000 THEN
    EXECUTE 'GRANT "$BORROWED" TO CURRENT_USER WITH INHERIT TRUE';
  ELSE
    EXECUTE 'GRANT "$BORROWED" TO "$MASTER_USER"';
  END IF;
END
\$grant\$;
SQL
}

give_ownership_back() {
  [ -n "$BORROWED" ] || return 0
  master "giving the membership of $BORROWED back" <<SQL
DO \$revoke\$
BEGIN
  IF current_setting('server_version_num')::int >= 160000 THEN
    EXECUTE 'REVOKE "$BORROWED" FROM CURRENT_USER GRANTED BY CURRENT_USER';
  ELSE
    EXECUTE 'REVOKE "$BORROWED" FROM "$MASTER_USER"';
  END IF;
END
\$revoke\$;
SQL
}

main() {
  folder=$SSM_Releases/$SSM_Target
  [ -x "$folder/scripts/migrate.sh" ] ||
    fail 30 "there is no $folder/scripts/migrate.sh on $(uname -n); nothing was changed"
  OWNER=$(stat -c %U "$folder")
  master_open
  if [ "$OWNER" != "$(id -un)" ]; then
    mkdir "$WORK/home"
    chmod 711 "$WORK"
    chown "$OWNER" "$WORK/home"
  fi
  applied
  was=${VERSIONS[0]-none}
  undone=()
  known=false
  for version in ${VERSIONS[@]+"${VERSIONS[@]}"}; do
    if [ "$version" = "$SSM_Version" ]; then
      known=true
      break
    fi
    undone+=("$(json_string "$version")")
    [ -f "$folder/migrations/$version.down.sql" ] ||
      fail 30 "$SSM_Target on $(uname -n) does not know how to undo $version; nothing was changed"
  done
  [ "$known" = true ] || fail 1 "the version $SSM_Version was never applied to $SSM_Database; nothing was changed"

  if [ "${#undone[@]}" -gt 0 ]; then
    borrow_ownership
    code=0
    # Where PGHOST is set the script asks nobody for a login. The password is in its environment, not in its arguments.
    PGUSER=$MASTER_USER PGPASSWORD=$MASTER_PASSWORD as_owner \
      env -C "$folder" ./scripts/migrate.sh rollback-to "$SSM_Version" >&2 || code=$?
    give_ownership_back
    applied
    # Each migration is a transaction of its own: what is said here is where it stopped.
    if [ "$code" -ne 0 ] || [ "${VERSIONS[0]-none}" != "$SSM_Version" ]; then
      fail 1 "the schema of $SSM_Database is ${VERSIONS[0]-none}, not $SSM_Version: scripts/migrate.sh of $SSM_Target ended with $code; its words are above"
    fi
  fi
  result "{\"was\":$(json_string "$was"),\"is\":$(json_string "$SSM_Version"),\"undone\":$(json_list ${undone[@]+"${undone[@]}"})}"
}
main
