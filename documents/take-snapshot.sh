#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/volume.sh

main() {
  volume_known
  created=false
  if snapshot_look "$SSM_Snapshot"; then
    tag_of run
    [ "$REPLY/$S_ORIGIN" = "$SSM_Run/$SSM_LogicalVolume" ] ||
      fail 1 "$SSM_VolumeGroup/$SSM_Snapshot is there already on $(uname -n), and was not taken by $SSM_Run; nothing was changed"
  else
    time_of "$(date +%s)"
    # LVM stops writes to a mounted file system while it takes it, so that what is in it is whole.
    snapshot_take "$SSM_Snapshot" "$((10#$SSM_Megabytes * MEBIBYTE))" \
      kind=snapshot "run=$SSM_Run" "expires=$SSM_Expires" "taken=$REPLY"
    created=true
  fi
  snapshot_sound "$SSM_Snapshot" 1
  tag_of taken
  result "{\"snapshot\":$(json_string "$SSM_Snapshot"),\"takenAt\":\"$REPLY\",\"megabytes\":$((S_BYTES / MEBIBYTE)),\"created\":$created}"
}
main
