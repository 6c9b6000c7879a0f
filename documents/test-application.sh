#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh

# not_run SENTENCE: what is told of a script that was not run, in REPLY.
not_run() { REPLY="{\"ran\":false,\"because\":$(json_string "$1"),\"exitCode\":0,\"seconds\":0,\"tail\":\"\"}"; }

# ran COMMAND…: runs it in the folder as the folder's user, and tells of it in REPLY. Tests run as root would leave files
# that the application cannot write to.
ran() {
  local code=0 began=$SECONDS tail
  (cd "$SSM_Folder" && "${as_owner[@]}" "$@") >"$WORK/output" 2>&1 </dev/null || code=$?
  tail=$(tr -d '\000\033' <"$WORK/output" | tail -c 2000)
  REPLY="{\"ran\":true,\"because\":\"\",\"exitCode\":$code,\"seconds\":$((SECONDS - began)),\"tail\":$(json_string "$tail")}"
}

main() {
  [ -d "$SSM_Folder" ] ||
    fail 1 "the application's folder $SSM_Folder does not exist on $(uname -n); correct hosts.folder in the description"
  work_folder
  as_owner=()
  # -L: the folder may be a link to the release that serves.
  owner=$(stat -L -c %U "$SSM_Folder")
  [ "$owner" = "$(id -un)" ] || as_owner=(sudo -n -H -u "$owner" --)

  if [ "$SSM_Tests" = none ]; then
    not_run 'the description names no tests'
  elif ! grep -q "\"$SSM_Tests\"[[:space:]]*:" "$SSM_Folder/package.json"; then
    not_run "the release has no script $SSM_Tests in its package.json"
  else
    ran npm run --silent "$SSM_Tests"
  fi
  tests=$REPLY

  if [ "$SSM_ConsistencyScript" = none ]; then
    not_run 'the description names no data-consistency script'
  elif [ ! -x "$SSM_Folder/$SSM_ConsistencyScript" ]; then
    not_run "the release has no script $SSM_ConsistencyScript that can be run"
  else
    ran "./$SSM_ConsistencyScript"
  fi
  result "{\"tests\":$tests,\"consistency\":$REPLY}"
}
main
