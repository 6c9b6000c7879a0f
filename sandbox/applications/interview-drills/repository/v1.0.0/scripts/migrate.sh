#!/bin/bash
# migrate.sh up | rollback-to VERSION | version
# Each migration is one transaction together with its row in schema_migrations.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${PGHOST-}" ]; then exec node "$root/scripts/with-database.js" "$root/scripts/migrate.sh" "$@"; fi

run() { PGOPTIONS='-c client_min_messages=warning' psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
applied() { run -c "SELECT version FROM schema_migrations ORDER BY string_to_array(version, '.')::int[] DESC"; }

prepare() {
  run -c 'CREATE TABLE IF NOT EXISTS schema_migrations (version text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())'
}

up() {
  prepare
  local done_already version file
  done_already=$(applied)
  for file in $(printf '%s\n' "$root"/migrations/*.up.sql | sort -V); do
    version=$(basename "$file" .up.sql)
    if grep -qxF "$version" <<<"$done_already"; then continue; fi
    { echo 'BEGIN;'; cat "$file"; echo "INSERT INTO schema_migrations (version) VALUES (:'version');"; echo 'COMMIT;'; } |
      run -v version="$version" -f -
    echo "applied $version"
  done
}

rollback_to() {
  local target=$1 done_already version file
  done_already=$(applied)
  if ! grep -qxF "$target" <<<"$done_already"; then
    echo "migrate.sh: version $target was never applied" >&2
    exit 1
  fi
  for version in $done_already; do
    if [ "$version" = "$target" ]; then break; fi
    file=$root/migrations/$version.down.sql
    if [ ! -f "$file" ]; then
      echo "migrate.sh: this checkout does not know how to undo $version" >&2
      exit 1
    fi
    { echo 'BEGIN;'; cat "$file"; echo "DELETE FROM schema_migrations WHERE version = :'version';"; echo 'COMMIT;'; } |
      run -v version="$version" -f -
    echo "undone $version"
  done
}

case ${1-} in
up) up ;;
rollback-to) rollback_to "${2:?version}" ;;
version) applied | head -n 1 ;;
*)
  echo 'usage: migrate.sh up | rollback-to VERSION | version' >&2
  exit 2
  ;;
esac
