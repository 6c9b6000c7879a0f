#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/volume.sh

main() {
  volume_known
  # Newest first, of those that Lifeboat took; nobody else's is looked at.
  own=()
  lvm_report lvs lv_name,origin,lv_time "$SSM_VolumeGroup"
  while IFS='|' read -r _ name origin; do
    [ "$origin" = "$SSM_LogicalVolume" ] || continue
    snapshot_look "$name" || continue
    tag_of run
    if [ -n "$REPLY" ] && [ -z "$S_MERGING" ]; then own+=("$name"); fi
  done < <(while IFS='|' read -r name origin seconds; do printf '%s|%s|%s\n' "$seconds" "$name" "$origin"; done <<<"$REPLY" | sort -t '|' -k 1,1nr)

  keep=$((10#$SSM_Keep))
  removed=()
  for index in "${!own[@]}"; do
    ((index >= keep)) || continue
    snapshot_look "${own[index]}" || continue
    tag_of expires
    # Without an expiry nothing says that it may go. Days compare as text.
    if [ -z "$REPLY" ] || [[ $REPLY > $SSM_Today ]]; then continue; fi
    lvremove --yes "$SSM_VolumeGroup/${own[index]}" >&2 ||
      fail 1 "LVM could not remove the expired snapshot ${own[index]} on $(uname -n); its message is above"
    removed+=("$(json_string "${own[index]}")")
  done
  result "{\"removed\":$(json_list ${removed[@]+"${removed[@]}"}),\"kept\":$((${#own[@]} - ${#removed[@]}))}"
}
main
