#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/release.sh

main() {
  export GIT_TERMINAL_PROMPT=0
  release_serving
  known=false
  schema=null
  tag=refs/tags/$SSM_Release
  safe=(git -c "safe.directory=$SERVING" -C "$SERVING")

  if [ -n "$SSM_Artefacts" ]; then
    aws s3 cp --only-show-errors "$SSM_Artefacts/$SSM_Release.tar.gz.sha256" - >/dev/null ||
      fail 30 "there is no release $SSM_Release: $SSM_Artefacts/$SSM_Release.tar.gz.sha256 cannot be read on $(uname -n)"
  elif "${safe[@]}" rev-parse --quiet --verify "$tag^{commit}" >/dev/null; then
    known=true
    if text=$("${safe[@]}" show "$tag:release.json" 2>/dev/null); then
      schema_range "$text"
      schema=$REPLY
    fi
  else
    # A tag that is younger than this clone.
    code=0
    timeout 60 "${safe[@]}" ls-remote --exit-code --tags origin "$tag" >/dev/null || code=$?
    case $code in
      0) ;;
      2) fail 30 "there is no release $SSM_Release: neither $(uname -n) nor its repository knows the tag" ;;
      *) fail 30 "$(uname -n) does not know the release $SSM_Release, and its repository, which might, cannot be reached; git's message is above" ;;
    esac
  fi
  result "{\"release\":$(json_string "$SSM_Release"),\"known\":$known,\"schema\":$schema}"
}
main
