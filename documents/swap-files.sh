#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/placed.sh

main() {
  state_read
  state=$REPLY
  case $state in
    placed)
      result "{\"placed\":0,\"replaced\":0,\"kept\":$(json_string "$PLACE/replaced")}"
      exit 0
      ;;
    leaving | returning) fail 1 "the files of $SSM_Folder on $(uname -n) are being put back; let that end first" ;;
  esac
  [ -d "$PLACE/new" ] || fail 1 "nothing was unpacked for this run in $PLACE on $(uname -n); nothing was changed"
  replaced=0
  if [ "$state" != placing ]; then
    [ -n "$(find "$PLACE/new" -mindepth 1 -maxdepth 1 -print -quit)" ] ||
      fail 1 "$PLACE/new on $(uname -n) is empty; nothing was changed"
    place_expires "$SSM_Expires"
    state_write replacing
    entries_move "$SSM_Folder" "$PLACE/replaced"
    replaced=$REPLY
    # From here on what lies in the folder is new.
    state_write placing
  fi
  entries_move "$PLACE/new" "$SSM_Folder"
  placed=$REPLY
  rmdir "$PLACE/new"
  state_write placed
  sync -f "$SSM_Folder"
  result "{\"placed\":$placed,\"replaced\":$replaced,\"kept\":$(json_string "$PLACE/replaced")}"
}
main
