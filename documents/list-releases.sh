#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/release.sh

# Enough to go back to, and within what SSM gives back of a document's output.
MOST=50

main() {
  release_serving
  git=(git -c "safe.directory=$SERVING" -C "$SERVING")
  release_tag "$SERVING"
  serving=$REPLY
  release_schema "$SERVING"
  serving="{\"release\":$(json_string "$serving"),\"schema\":$REPLY}"

  # The migrations that would be undone.
  undo=()
  read -r -a applied <<<"$SSM_Applied"
  for version in "${applied[@]}"; do
    [ "$version" != "$SSM_Version" ] || break
    undo+=("$version")
  done

  releases=()
  tags=$("${git[@]}" for-each-ref --sort=-creatordate "--count=$MOST" '--format=%(refname:strip=2)' refs/tags) ||
    fail 1 "the releases that $(uname -n) knows cannot be listed: $SERVING is no git repository"
  for tag in $tags; do
    REPLY=null
    if text=$("${git[@]}" show "refs/tags/$tag:release.json" 2>/dev/null); then schema_range "$text"; fi
    schema=$REPLY
    undoes=true
    for version in ${undo[@]+"${undo[@]}"}; do
      "${git[@]}" cat-file -e "refs/tags/$tag:migrations/$version.down.sql" 2>/dev/null || undoes=false
    done
    releases+=("{\"release\":$(json_string "$tag"),\"schema\":$schema,\"undoes\":$undoes}")
  done
  result "{\"serving\":$serving,\"releases\":$(json_list ${releases[@]+"${releases[@]}"})}"
}
main
