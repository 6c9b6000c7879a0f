#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/access.sh

main() {
  master_open
  # One statement, one transaction: either all of them may connect again or nothing was changed.
  master 'granting CONNECT (nothing was changed)' <<SQL
$(setting grantees "$SSM_Grantees")
DO \$open\$
DECLARE
  wanted text[] := string_to_array(trim(current_setting('lifeboat.grantees')), ' ');
  one text;
BEGIN
  FOREACH one IN ARRAY wanted LOOP
    -- PUBLIC is a word of the language, everything else is a role's name.
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %s', current_database(),
      CASE WHEN one = 'PUBLIC' THEN 'PUBLIC' ELSE quote_ident(one) END);
  END LOOP;
  -- GRANT by somebody who may not only warns.
  SELECT string_agg(w, ', ') INTO one FROM unnest(wanted) AS w
    WHERE w NOT IN (SELECT g.grantee FROM $GRANTEES AS g);
  IF one IS NOT NULL THEN
    RAISE EXCEPTION 'CONNECT could not be granted to %', one
      USING HINT = 'the master has to own the database or be a member (from PostgreSQL 16 on: WITH INHERIT TRUE) of the role that does';
  END IF;
END
\$open\$;
SELECT json_build_object('granted', to_json(string_to_array(trim(current_setting('lifeboat.grantees')), ' ')));
SQL
  result "$SQL_OUT"
}
main
