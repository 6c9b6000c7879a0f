#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/services.sh
source shared/secret.sh
source shared/files.sh
source shared/kept.sh

main() {
  files_read
  # A secret that was rotated meanwhile must not come back with the file.
  secrets_read
  kept_folder
  names=()
  states=()
  if [ -d "$KEPT" ]; then
    put_back
    for name in ${PUT_BACK[@]+"${PUT_BACK[@]}"}; do names+=("$(json_string "$name")"); done
    states=(${STATES[@]+"${STATES[@]}"})
  else
    progress "run $SSM_Run replaced nothing on $(uname -n)"
  fi
  digests_json
  result "{\"putBack\":$(json_list ${names[@]+"${names[@]}"}),\"files\":$REPLY,\"services\":$(json_list ${states[@]+"${states[@]}"})}"
}
main
