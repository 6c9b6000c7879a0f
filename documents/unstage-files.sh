#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/placed.sh

main() {
  removed=false
  if [ -d "$PLACE" ]; then
    state_read
    case $REPLY in
      replacing | placing | leaving | returning) fail 1 "the files of $SSM_Folder on $(uname -n) are being exchanged (state $REPLY): put them back first" ;;
    esac
    for name in half archive new; do
      [ -e "$PLACE/$name" ] || continue
      rm -rf "${PLACE:?}/$name"
      removed=true
    done
    # What was in use at any time stays until it expires.
    if [ ! -d "$PLACE/replaced" ] && [ -z "$(find "$PLACE" -mindepth 1 -maxdepth 1 -name 'restored*')" ]; then
      rm -rf "${PLACE:?}"
      rmdir --ignore-fail-on-non-empty "$SSM_Folder/$OWN"
    fi
  fi
  result "{\"removed\":$removed}"
}
main
