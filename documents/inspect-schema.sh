#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh

main() {
  table=${SSM_SchemaVersion%.*}
  column=${SSM_SchemaVersion#*.}
  master_open
  # As numbers where they are numbers, so that 1.10.0 comes after 1.9.0.
  master 'reading the versions of the schema' "Correct database.schemaVersion in the description" <<SQL
SELECT coalesce(json_agg(v.version ORDER BY v.numbers DESC NULLS LAST, v.version DESC), '[]') FROM (
  SELECT "$column"::text AS version,
    CASE WHEN "$column"::text ~ '^[0-9]{1,18}([.][0-9]{1,18})*\$' THEN string_to_array("$column"::text, '.')::bigint[] END AS numbers
  FROM public."$table") AS v;
SQL
  [ "$SQL_OUT" != '[]' ] ||
    fail 1 "$SSM_SchemaVersion of the database $SSM_Database holds no version: no migration was ever applied"
  result "{\"versions\":${SQL_OUT//$'\n'/ }}"
}
main
