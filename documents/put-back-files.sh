#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/placed.sh

main() {
  state_read
  state=$REPLY
  back=0
  case $state in
    '' | returned) ;;
    replacing)
      # Nothing new came in yet.
      entries_move "$PLACE/replaced" "$SSM_Folder"
      back=$REPLY
      rmdir "$PLACE/replaced"
      state_write returned
      ;;
    placing | placed | leaving | returning)
      if [ "$state" != returning ]; then
        # What was put there, and what was written since, is kept: users may have given something to it.
        state_write leaving
        entries_move "$SSM_Folder" "$PLACE/restored-half"
        number=1
        while [ -e "$PLACE/restored-$number" ]; do number=$((number + 1)); done
        mv -T "$PLACE/restored-half" "$PLACE/restored-$number"
        state_write returning
      fi
      entries_move "$PLACE/replaced" "$SSM_Folder"
      back=$REPLY
      rmdir "$PLACE/replaced"
      state_write returned
      ;;
    *) fail 1 "the state $state in $PLACE on $(uname -n) is not known" ;;
  esac
  sync -f "$SSM_Folder"
  result "{\"was\":$(json_string "$state"),\"putBack\":$back}"
}
main
