#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/disk.sh
source shared/volume.sh

# as_before CODE SENTENCE: fails; what was deactivated for the exchange is activated again.
as_before() {
  vgchange --activate y "$SSM_VolumeGroup" >&2 || progress "$SSM_VolumeGroup could not be activated again; LVM's message is above"
  fail "$1" "$2 on $(uname -n); LVM's message is above. Nothing was changed"
}

# exchange COMING GOING: the group in use gets the name GOING, and COMING its name. Goes on where a call before it ended.
exchange() {
  local coming=$1 going=$2
  if ! group_exists "$going"; then
    group_exists "$coming" || fail 1 "there is no volume group $coming on $(uname -n); nothing was changed"
    require_closed "$SSM_LogicalVolume"
    # LVM renames a group that is in use as well: whatever else lies in it would go on under the other name.
    vgchange --activate n "$SSM_VolumeGroup" >&2 || as_before 61 "something of the volume group $SSM_VolumeGroup is in use"
    vgrename "$SSM_VolumeGroup" "$going" >&2 || as_before 1 "$SSM_VolumeGroup could not be renamed to $going"
  fi
  if ! group_exists "$SSM_VolumeGroup"; then
    vgrename "$coming" "$SSM_VolumeGroup" >&2 ||
      fail 1 "$coming on $(uname -n) could not be renamed to $SSM_VolumeGroup; LVM's message is above. What was in use is $going"
  fi
}

main() {
  changed=true
  if [ "$SSM_To" = aside ]; then
    coming=$SSM_Aside going=$SSM_Before
    if group_exists "$SSM_Before" && ! group_exists "$SSM_Aside"; then changed=false; fi
  else
    coming=$SSM_Before going=$SSM_Aside
    # Nothing was exchanged, or it was put back.
    group_exists "$SSM_Before" || changed=false
  fi
  [ "$changed" = false ] || exchange "$coming" "$going"
  # Also where a call before this one was killed, or a boot came between.
  at_boot "$SSM_VolumeGroup" enabled
  if group_exists "$going"; then
    # What is not in use must not be mounted by mistake, and its disk can be taken away.
    at_boot "$going" ''
    vgchange --activate n "$going" >&2 || fail 61 "$going on $(uname -n) is still in use; LVM's message is above"
  fi
  # LVM refuses it while a disk with the same ids is there, also where it is active already.
  lvm_report lvs lv_active "$VOLUME" || fail 1 "LVM could not look at $VOLUME on $(uname -n)"
  [ "$changed $REPLY" = 'false active' ] || vgchange --activate y "$SSM_VolumeGroup" >&2
  disk_of_group "$SSM_VolumeGroup"
  result "{\"changed\":$changed,\"disk\":$(json_string "$REPLY")}"
}
main
