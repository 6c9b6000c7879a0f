#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/volume.sh

main() {
  volume_known
  state=merging
  if ! snapshot_look "$SSM_Snapshot"; then
    # Merged by a call before this one, whose safety snapshot is there; otherwise there never was one.
    snapshot_look "$SSM_Safety" || fail 1 "there is no snapshot $SSM_Snapshot of $VOLUME on $(uname -n); nothing was changed"
    state=merged
  elif [ -z "$S_MERGING" ]; then
    snapshot_sound "$SSM_Snapshot" 1
    rewrites=$S_USED
    tag_of taken
    taken=$REPLY
    if [ -z "$taken" ]; then
      time_of "$S_TIME"
      taken=$REPLY
    fi
    tag_of expires
    expires=$REPLY
    megabytes=$((S_BYTES / MEBIBYTE))
    require_closed "$SSM_LogicalVolume"
    require_closed "$SSM_Snapshot"

    # What is there now is kept before anything is rewritten, with the room that the rewriting takes, and then some for
    # what is written until it expires, as far as there is room.
    if ! snapshot_look "$SSM_Safety"; then
      room_beside "$SSM_Snapshot" "$rewrites"
      kept_size "$rewrites"
      wanted=$REPLY
      free_bytes
      extra=$((10#$SSM_Megabytes * MEBIBYTE))
      ((wanted + extra <= REPLY)) || extra=$((REPLY > wanted ? (REPLY - wanted) / 2 : 0))
      time_of "$(date +%s)"
      snapshot_take "$SSM_Safety" "$((wanted + extra))" kind=safety "run=$SSM_Run" "expires=$SSM_Expires" "taken=$REPLY" \
        "of=$SSM_Snapshot" "of.taken=$taken" "of.expires=$expires" "of.megabytes=$megabytes"
    fi
    snapshot_sound "$SSM_Safety" 1
    tag_of run
    [ "$REPLY" = "$SSM_Run" ] || fail 1 "$SSM_VolumeGroup/$SSM_Safety on $(uname -n) is another run's; nothing was merged"
    merge_start "$SSM_Snapshot"
  fi
  snapshot_sound "$SSM_Safety" 1
  result "{\"state\":\"$state\",\"safety\":$(json_string "$SSM_Safety"),\"safetyMegabytes\":$((S_BYTES / MEBIBYTE))}"
}
main
