#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/scram.sh

main() {
  roles=()
  names=()
  statements=''
  read -r -a logins <<<"$SSM_Logins"
  for login in "${logins[@]}"; do
    login_read "$login"
    scram_verifier "$LOGIN_PASSWORD" ||
      fail 1 "the password in the secret ${login#*=} is not plain ASCII, or openssl is missing on $(uname -n); nothing was changed"
    roles+=("$(json_string "$LOGIN_ROLE")")
    names+=("$LOGIN_ROLE")
    # The contract allows letters, digits and _ in a role's name: quoting it needs no escapes.
    statements+="ALTER ROLE \"$LOGIN_ROLE\" PASSWORD $(sql_literal "$REPLY");"$'\n'
  done

  master_open
  # One transaction: a login that the restored copy does not know leaves the others as they were.
  master 'giving the logins their passwords (nothing was changed)' \
    'From PostgreSQL 16 on a master that is no superuser needs the ADMIN option on each role (GRANT role TO master WITH ADMIN OPTION), and with rds.restrict_password_commands it has to be a member of rds_password' <<SQL
$(setting logins "${names[*]}")
BEGIN;
DO \$known\$
DECLARE
  missing text;
BEGIN
  SELECT string_agg(one, ', ') INTO missing FROM unnest(string_to_array(current_setting('lifeboat.logins'), ' ')) AS one
    WHERE one NOT IN (SELECT rolname FROM pg_roles);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'there is no login % in this copy; it is younger than the moment that was restored', missing
      USING HINT = 'create it as it was made first, or restore to a later moment';
  END IF;
END
\$known\$;
${statements}COMMIT;
SQL
  progress "aligned: ${names[*]}"
  result "{\"roles\":$(json_list "${roles[@]}")}"
}
main
