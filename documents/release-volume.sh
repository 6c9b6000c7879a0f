#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/disk.sh

main() {
  state=absent
  disk_of_group "$SSM_VolumeGroup"
  if [ "$REPLY" = "$SSM_Volume" ]; then
    state=in-use
  elif group_exists "$SSM_Aside"; then
    disk_of_group "$SSM_Aside"
    [ "$REPLY" = "$SSM_Volume" ] || fail 1 "the volume group $SSM_Aside on $(uname -n) lies on ${REPLY:-another disk}, not on $SSM_Volume"
    vgchange --activate n "$SSM_Aside" >&2 ||
      fail 61 "the volume group $SSM_Aside on $(uname -n) cannot be deactivated: something has it open; LVM's message is above"
    state=released
  fi
  result "{\"state\":\"$state\"}"
}
main
