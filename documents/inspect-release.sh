#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/release.sh

# number NAME TEXT: the first number of that name in JSON, in REPLY; empty where there is none.
number() {
  REPLY=''
  if [[ $2 =~ \"$1\"[[:space:]]*:[[:space:]]*([0-9]+(\.[0-9]+)?) ]]; then REPLY=${BASH_REMATCH[1]}; fi
}

main() {
  missing=()
  # What preparing a release needs, beyond what inspect-host asks for.
  for tool in git node npm tar find sort xargs stat df du; do
    command -v "$tool" >/dev/null || missing+=("$(json_string "$tool")")
  done

  serving=$(readlink -e "$SSM_Folder") || fail 1 "the application's folder $SSM_Folder does not exist on $(uname -n); correct hosts.folder in the description"
  folder=null
  if [ -L "$SSM_Folder" ] && [ "$serving" = "$(readlink -e "$SSM_Releases/${serving##*/}")" ]; then
    folder=$(json_string "${serving##*/}")
  fi
  release_tag "$serving"
  release=$REPLY
  commit=$(git -c "safe.directory=$serving" -C "$serving" rev-parse HEAD 2>/dev/null) || commit=unknown

  kept=()
  for each in "$SSM_Releases"/*/; do
    each=${each%/}
    [ ! -d "$each" ] || [ "$(readlink -e "$each")" = "$serving" ] || kept+=("$(json_string "${each##*/}")")
  done

  status=$(curl -s -o /dev/null -w '%{http_code}' --max-time 10 "$SSM_HealthUrl" 2>/dev/null) || :
  [[ $status =~ ^[0-9]{3}$ ]] || status=0
  metrics=null
  if text=$(curl -f -s --max-time 10 "$SSM_MetricsUrl" 2>/dev/null); then
    number requests "$text"
    requests=$REPLY
    number errors "$text"
    errors=$REPLY
    number p95 "$text"
    if [ -n "$requests" ] && [ -n "$errors" ] && [ -n "$REPLY" ]; then
      metrics="{\"requests\":$requests,\"errors\":$errors,\"p95Milliseconds\":$REPLY}"
    fi
  fi
  result "{\"release\":$(json_string "$release"),\"folder\":$folder,\"commit\":$(json_string "$commit"),\"status\":$((10#$status)),\"metrics\":$metrics,\"kept\":$(json_list ${kept[@]+"${kept[@]}"}),\"missingTools\":$(json_list ${missing[@]+"${missing[@]}"})}"
}
main
