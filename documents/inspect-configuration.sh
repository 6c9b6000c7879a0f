#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/services.sh
source shared/secret.sh
source shared/files.sh

# instant_of FILE: when it was changed last, as JSON, in REPLY.
instant_of() { REPLY=$(json_string "$(date -u -r "$1" +%Y-%m-%dT%H:%M:%SZ)"); }

main() {
  files_read
  secrets_read

  files=()
  missing=()
  newest=0
  for name in "${FILES[@]}"; do
    file_place "$name"
    place=$REPLY
    mode=''
    owner=''
    changed=null
    if [ -f "$place" ]; then
      mode=$(stat -c %a "$place")
      owner=$(stat -c %U:%G "$place")
      instant_of "$place"
      changed=$REPLY
    fi
    file_digest "$name" "$place"
    files+=("$(json_string "$name"):{\"digest\":$REPLY,\"mode\":$(json_string "$mode"),\"owner\":$(json_string "$owner"),\"changedAt\":$changed}")

    stored=$SSM_Folder/${FILE_KEY[$name]}
    if [ -f "$stored" ]; then
      written=$(stat -c %Y "$stored")
      ((written <= newest)) || newest=$written
    else
      missing+=("$(json_string "$name")")
    fi
  done

  current=()
  for key in "${!SECRET_VALUE[@]}"; do
    file=${key%% *}
    file_place "$file"
    is=false
    if [ -f "$REPLY" ]; then
      place=$REPLY
      env_quoted "${SECRET_VALUE[$key]}"
      # By builtins alone: an argument can be read by everybody on the host.
      wanted=${key#* }=$REPLY
      while IFS= read -r line || [ -n "$line" ]; do
        [ "$line" != "$wanted" ] || is=true
      done <"$place"
    fi
    current+=("$(json_string "${key#* }"):$is")
  done

  writtenAt=null
  ((newest == 0)) || writtenAt=$(json_string "$(date -u -d "@$newest" +%Y-%m-%dT%H:%M:%SZ)")
  result "{\"files\":$(json_object "${files[@]}"),\"backup\":{\"writtenAt\":$writtenAt,\"missing\":$(json_list ${missing[@]+"${missing[@]}"})},\"secretsCurrent\":$(json_object ${current[@]+"${current[@]}"})}"
}
main
