#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/services.sh
source shared/secret.sh
source shared/files.sh
source shared/store.sh

main() {
  files_read
  versions_read
  # Whether they can be read is found out before anything is changed.
  secrets_read
  work_folder

  examined=()
  sound=0
  first=''
  said=()
  for version in "${VERSIONS[@]}"; do
    folder=$WORK/$version
    problem=null
    if version_examine "$version" "$folder"; then
      sound=$((sound + 1))
    else
      problem=$(json_string "$PROBLEM")
      first=${first:-$PROBLEM}
      said+=("version $version: $WORDS")
    fi
    progress "version $version: $WORDS"
    files=()
    for name in "${FILES[@]}"; do
      file_digest "$name" "$folder/$name"
      files+=("$(json_string "$name"):$REPLY")
    done
    examined+=("{\"version\":$(json_string "$version"),\"problem\":$problem,\"words\":$(json_string "$WORDS"),\"files\":$(json_object "${files[@]}")}")
  done

  if [ "$sound" -eq 0 ]; then
    printf -v words '%s; ' "${said[@]}"
    fail "${EXIT_OF[$first]}" "no version of the configuration is sound: ${words}nothing was changed on $(uname -n)"
  fi
  result "{\"versions\":$(json_list "${examined[@]}")}"
}
main
