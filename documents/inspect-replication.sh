#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/replication.sh

main() {
  master_open
  master 'asking how far the database is' <<<"$REPLICATION"
  result "$SQL_OUT"
}
main
