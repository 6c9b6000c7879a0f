#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/backup.sh

# sound FILE: ends the document where the dump cannot be read to its end.
sound() {
  sound_backup "$1" || fail 1 "the dump $1 on $(uname -n) is not sound: $REPLY"
}

dump() {
  local part=$1.part code=0
  free_megabytes "$SSM_BackupFolder"
  ((REPLY > DATABASE_MEGABYTES)) ||
    fail 42 "a backup of the present database needs up to $DATABASE_MEGABYTES MB in $SSM_BackupFolder, and $REPLY MB are free on $(uname -n)"
  rm -f -- "$part" # of an attempt that was broken off
  PGDATABASE=$SSM_Database PGUSER=$MASTER_USER PGPASSWORD=$MASTER_PASSWORD \
    pg_dump --format=custom --no-password --file="$part" 2>"$WORK/stderr" || code=$?
  if [ "$code" -ne 0 ]; then
    rm -f -- "$part"
    SQL_ERR=$(head -c 4000 "$WORK/stderr")
    sql_message
    fail 1 "the present state of $SSM_Database could not be dumped (code $code): $REPLY"
  fi
  sound "$part"
  sync -- "$part"
  mv -- "$part" "$1"
}

main() {
  local file=$SSM_BackupFolder/$SSM_BackupName continued=true
  umask 077
  master_open
  maintenance
  server_facts
  require_tools pg_dump pg_restore
  [ "$PRESENT" = yes ] || fail 1 "there is no database $SSM_Database at $PGHOST to back up"
  if [ -e "$file" ]; then
    sound "$file"
  else
    continued=false
    dump "$file"
  fi
  finished_at "$file"
  result "{\"file\":$(json_string "$SSM_BackupName"),\"bytes\":$BACKUP_BYTES,\"takenAt\":\"$(instant_of "$REPLY")\",\"continued\":$continued}"
}
main
