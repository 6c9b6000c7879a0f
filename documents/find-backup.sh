#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/backup.sh

skipped=()

skip() {
  skipped+=("{\"file\":$(json_string "$1"),\"because\":$(json_string "$2")}")
  progress "skipped $1: $2"
}

# Candidates, the newest first: "seconds name". A name with other characters could not be given to the next document.
candidates() {
  local path name odd
  work_folder
  : >"$WORK/candidates"
  while IFS= read -r path; do
    name=${path##*/}
    finished_at "$path"
    printf '%s %s\n' "$REPLY" "$name" >>"$WORK/candidates"
  done < <(find "$SSM_BackupFolder" -mindepth 1 -maxdepth 1 -regextype posix-extended \
    \( \( -type f -regex '.*/db_[A-Za-z0-9._-]{1,120}\.(sql\.gz|dump)' \) -o \( -type d -regex '.*/db_[A-Za-z0-9._-]{1,120}' \) \))
  odd=$(find "$SSM_BackupFolder" -mindepth 1 -maxdepth 1 -name 'db_*' ! -regex '.*/[A-Za-z0-9._-]*' -printf x | wc -c)
  [ "$odd" -eq 0 ] || skip 'db_*' "$odd name(s) with characters other than letters, digits, . _ -"
  sort -rn -o "$WORK/candidates" "$WORK/candidates"
}

# check FILE TIME: whether it is sound; one of another major version ends the document.
check() {
  local path=$SSM_BackupFolder/$1 reason
  BACKUP_MAJOR=0
  if ! sound_backup "$path"; then
    reason=$REPLY
    [ "$BACKUP_MAJOR" != newer ] ||
      fail 41 "the backup $1 was made by a newer pg_dump than the server's major version $SERVER_MAJOR can read: $reason"
    skip "$1" "$reason"
    return 1
  fi
  [ "$BACKUP_MAJOR" = "$SERVER_MAJOR" ] ||
    fail 41 "the backup $1 is of a server of the major version $BACKUP_MAJOR, the server at $PGHOST is of $SERVER_MAJOR; restore it to a server of $BACKUP_MAJOR, or name another backup as source"
}

choose() {
  local taken name last=''
  if [ -n "$SSM_OnlyBackup" ]; then
    [ -e "$SSM_BackupFolder/$SSM_OnlyBackup" ] ||
      fail 40 "there is no backup $SSM_OnlyBackup in $SSM_BackupFolder on $(uname -n)"
    check "$SSM_OnlyBackup" || fail 40 "the backup $SSM_OnlyBackup is not sound: $REPLY"
    finished_at "$SSM_BackupFolder/$SSM_OnlyBackup"
    FOUND=$SSM_OnlyBackup
    TAKEN=$REPLY
    return
  fi
  [ -z "$SSM_NotAfter" ] || last=$(date -u -d "$SSM_NotAfter" +%s)
  candidates
  while read -r taken name; do
    if [ -n "$last" ] && ((taken > last)); then continue; fi
    if check "$name"; then
      FOUND=$name
      TAKEN=$taken
      return
    fi
  done <"$WORK/candidates"
  fail 40 "there is no sound backup${SSM_NotAfter:+ of $SSM_NotAfter or before} in $SSM_BackupFolder on $(uname -n); ${#skipped[@]} were not sound: $(json_list ${skipped[@]+"${skipped[@]}"})"
}

# The present database stays while the copy is made: room for a whole second one, with indexes and the log of the restore; and for
# a dump of the present one, which is compressed and smaller than the database itself.
room() {
  local second safety=0 free device
  second=$((PLAIN_BYTES * 3 / 2 / 1048576))
  ((second > DATABASE_MEGABYTES)) || second=$DATABASE_MEGABYTES
  second=$((second * 11 / 10 + 64))
  [ "$SSM_SafetyBackup" = no ] || safety=$((DATABASE_MEGABYTES + 1))
  free_megabytes "$DATA_FOLDER"
  free=$REPLY
  device=$FREE_DEVICE
  free_megabytes "$SSM_BackupFolder"
  NEEDED=$second
  FREE=$free
  if [ "$device" = "$FREE_DEVICE" ]; then
    NEEDED=$((second + safety))
  elif ((REPLY < safety)); then
    fail 42 "a backup of the present database needs up to $safety MB in $SSM_BackupFolder, and $REPLY MB are free on $(uname -n)"
  fi
  ((FREE >= NEEDED)) ||
    fail 42 "two copies of the database have no room: beside the present one (${DATABASE_MEGABYTES} MB) the copy needs $NEEDED MB in $DATA_FOLDER, and $FREE MB are free on $(uname -n)"
}

main() {
  local present=false
  master_open
  maintenance
  server_facts
  require_tools psql pg_dump pg_restore
  [ -d "$SSM_BackupFolder" ] ||
    fail 40 "there is no folder $SSM_BackupFolder on $(uname -n); correct database.selfHosted.backupFolder in the description"
  choose
  room
  [ "$PRESENT" = no ] || present=true
  result "{\"serverMajor\":$SERVER_MAJOR,\"present\":$present,\"databaseMegabytes\":$DATABASE_MEGABYTES,\"backup\":{\"file\":$(json_string "$FOUND"),\"format\":\"$BACKUP_FORMAT\",\"takenAt\":\"$(instant_of "$TAKEN")\",\"bytes\":$BACKUP_BYTES,\"plainBytes\":$PLAIN_BYTES},\"skipped\":$(json_list ${skipped[@]+"${skipped[@]}"}),\"neededMegabytes\":$NEEDED,\"freeMegabytes\":$FREE}"
}
main
