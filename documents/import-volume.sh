#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/disk.sh

main() {
  for tool in blkid lsblk pvs vgs lvs vgimportclone vgchange e2fsck; do
    command -v "$tool" >/dev/null || fail 1 "$(uname -n) has no $tool; install lvm2, e2fsprogs and util-linux. Nothing was changed"
  done
  device_of "$SSM_Volume"
  device=$REPLY
  [ -n "$device" ] || fail 1 "no disk of $(uname -n) has the serial number of $SSM_Volume; nothing was changed"
  disk_of_group "$SSM_VolumeGroup"
  [ "$REPLY" != "$SSM_Volume" ] || fail 1 "$SSM_Volume is the disk of $SSM_VolumeGroup on $(uname -n), which is in use; nothing was changed"
  # Its group has the ids of the one that is in use, whose copy it is: it gets ids and a name of its own.
  if ! group_exists "$SSM_Aside"; then
    # One that the host does not know was activated when its disk appeared, and vgimportclone takes nothing that is active.
    group_on "$device"
    group=$REPLY
    [ -z "$group" ] || [ "$group" = "$SSM_VolumeGroup" ] || vgchange --activate n "$group" >&2 ||
      fail 61 "the volume group $group on $SSM_Volume is in use on $(uname -n); LVM's message is above. Nothing was changed"
    # Only there: without such a file it would make one, of this disk alone.
    importing=()
    ! has_devices_file || importing=(--importdevices)
    vgimportclone ${importing[@]+"${importing[@]}"} --basevgname "$SSM_Aside" "$device" >&2 ||
      fail 60 "what is on $SSM_Volume is no volume group of LVM2 that could be taken in on $(uname -n); vgimportclone's message is above"
  fi
  disk_of_group "$SSM_Aside"
  [ "$REPLY" = "$SSM_Volume" ] || fail 1 "the volume group $SSM_Aside on $(uname -n) lies on ${REPLY:-another disk}, not on $SSM_Volume"
  at_boot "$SSM_Aside" ''
  vgchange --activate y "$SSM_Aside" >&2
  lvs --noheadings --nosuffix --units b -o lv_name "$SSM_Aside/$SSM_LogicalVolume" >/dev/null ||
    fail 60 "there is no logical volume $SSM_LogicalVolume on $SSM_Volume; it is a snapshot of another disk"
  # Where the superblock is damaged nothing says what it is: that is for e2fsck to judge.
  type=$(blkid -o value -s TYPE "/dev/$SSM_Aside/$SSM_LogicalVolume") || type=unknown
  case $type in
    ext2 | ext3 | ext4 | unknown) ;;
    *) fail 60 "the file system on $SSM_Volume is $type; only ext2, ext3 and ext4 can be checked on $(uname -n). What is in use was not touched" ;;
  esac
  # A snapshot of a disk in use is as after a power cut: the journal is replayed, on what is a copy.
  code=0
  e2fsck -f -p "/dev/$SSM_Aside/$SSM_LogicalVolume" >&2 || code=$?
  [ "$code" -le 1 ] ||
    fail 60 "the file system on $SSM_Volume has errors: e2fsck ended with $code on $(uname -n), its words are above. What is in use was not touched"
  repaired=false
  [ "$code" -eq 0 ] || repaired=true
  result "{\"device\":$(json_string "$device"),\"group\":$(json_string "$SSM_Aside"),\"repaired\":$repaired}"
}
main
