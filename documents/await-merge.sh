#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/volume.sh

main() {
  SECONDS=0
  volume_known
  merge_await "$SSM_Snapshot" "$((10#$SSM_Seconds))"
  took=$SECONDS
  ! snapshot_look "$SSM_Snapshot" || fail 1 "the snapshot $SSM_Snapshot of $VOLUME on $(uname -n) is not being merged"
  # One that overflowed meanwhile says nothing of itself: then there is no way back, which somebody has to know now.
  snapshot_sound "$SSM_Safety" 1
  result "{\"seconds\":$took,\"safetyMegabytes\":$((S_BYTES / MEBIBYTE)),\"safetyUsedMegabytes\":$(((S_USED + MEBIBYTE - 1) / MEBIBYTE))}"
}
main
