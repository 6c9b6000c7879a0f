#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/archive.sh
source shared/placed.sh

main() {
  archive_tools
  place_make
  if [ -d "$PLACE/new" ]; then
    progress "a call before this one unpacked it"
    result "{\"folder\":$(json_string "$PLACE/new"),\"entries\":$(find "$PLACE/new" -mindepth 1 -printf x | wc -c),\"unpacked\":false}"
    exit 0
  fi
  case "/$SSM_Archive/" in
    */../*) fail 1 "the archive $SSM_Archive has .. in its name; nothing was changed" ;;
  esac
  rm -rf "$PLACE/half"
  archive=$SSM_BackupFolder/$SSM_Archive
  if [ -n "$SSM_Bucket" ]; then
    archive=$PLACE/archive
    TEMPORARY+=("$archive")
    archive_fetch "$SSM_Archive" "$SSM_VersionId" "$archive" || fail 40 "$REPLY. Nothing was changed on $(uname -n)"
  fi
  [ -f "$archive" ] || fail 40 "there is no archive $SSM_Archive in $SSM_BackupFolder on $(uname -n); nothing was changed"
  archive_examine "$archive" || fail 40 "the archive $SSM_Archive is not sound: $REPLY. Nothing was changed on $(uname -n)"
  folder_room
  free=$REPLY
  needed_room "$ARCHIVE_BYTES"
  ((REPLY <= free)) ||
    fail 32 "the files of $SSM_Archive beside those in $SSM_Folder need $((REPLY / 1024)) MiB, and $((free / 1024)) MiB are free on $(uname -n); make room, or extend the volume. Nothing was changed"

  mkdir "$PLACE/half"
  gzip -dc -- "$archive" | tar -xpf - -C "$PLACE/half" --exclude="./$OWN" --exclude="./lost+found" >&2 ||
    fail 1 "$SSM_Archive cannot be unpacked on $(uname -n): tar's message is above. What is in use was not touched"
  # What was written is read back and held against the archive: a disk that is dying answers writes well.
  sync -f "$PLACE/half"
  gzip -dc -- "$archive" | tar -df - -C "$PLACE/half" --exclude="./$OWN" --exclude="./lost+found" >&2 ||
    fail 1 "what was unpacked of $SSM_Archive is not what the archive has on $(uname -n): tar's words are above. What is in use was not touched"
  place_expires "$SSM_Expires"
  mv -T "$PLACE/half" "$PLACE/new"
  result "{\"folder\":$(json_string "$PLACE/new"),\"entries\":$(find "$PLACE/new" -mindepth 1 -printf x | wc -c),\"unpacked\":true}"
}
main
