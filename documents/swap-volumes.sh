#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/disk.sh
source shared/volume.sh

# exchange COMING GOING: the group in use gets the name GOING, and COMING its name. Goes on where a call before it ended.
exchange() {
  local coming=$1 going=$2
  if ! group_exists "$going"; then
    group_exists "$coming" || fail 1 "there is no volume group $coming on $(uname -n); nothing was changed"
    require_closed "$SSM_LogicalVolume"
    vgrename "$SSM_VolumeGroup" "$going" >&2 ||
      fail 1 "$SSM_VolumeGroup on $(uname -n) could not be renamed to $going; LVM's message is above. Nothing was changed"
  fi
  if ! group_exists "$SSM_VolumeGroup"; then
    vgrename "$coming" "$SSM_VolumeGroup" >&2 ||
      fail 1 "$coming on $(uname -n) could not be renamed to $SSM_VolumeGroup; LVM's message is above. What was in use is $going"
  fi
  # What is not in use must not be mounted by mistake, and its disk can be taken away.
  vgchange --activate n "$going" >&2 || fail 61 "$going on $(uname -n) is still in use; LVM's message is above"
  vgchange --activate y "$SSM_VolumeGroup" >&2
}

main() {
  changed=true
  if [ "$SSM_To" = aside ]; then
    if group_exists "$SSM_Before" && ! group_exists "$SSM_Aside"; then changed=false; fi
    [ "$changed" = false ] || exchange "$SSM_Aside" "$SSM_Before"
  else
    # Nothing was exchanged, or it was put back.
    group_exists "$SSM_Before" || changed=false
    [ "$changed" = false ] || exchange "$SSM_Before" "$SSM_Aside"
  fi
  disk_of_group "$SSM_VolumeGroup"
  result "{\"changed\":$changed,\"disk\":$(json_string "$REPLY")}"
}
main
