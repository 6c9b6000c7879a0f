#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/volume.sh

main() {
  volume_known
  # fsck of another file system looks at nothing and says 0.
  type=$(blkid -o value -s TYPE "$DEVICE") || type=none
  case $type in
    ext2 | ext3 | ext4) ;;
    *) fail 1 "the file system on $VOLUME on $(uname -n) is $type; only ext2, ext3 and ext4 can be checked. Nothing was changed" ;;
  esac
  [ "$(systemctl show -p LoadState --value "$SSM_MountUnit")" != not-found ] ||
    fail 1 "there is no unit $SSM_MountUnit on $(uname -n); correct volume.mountUnit in the description"

  lvm_report lvs lv_size,lv_merging "$VOLUME"
  IFS='|' read -r size merging <<<"$REPLY"
  free_bytes
  free=$REPLY
  mount_points
  mounted=false
  [ "$REPLY" != "$SSM_MountPoint" ] || mounted=true

  isMerging=false
  [ -z "$merging" ] || isMerging=true

  snapshots=()
  lvm_report lvs lv_name,origin "$SSM_VolumeGroup"
  while IFS='|' read -r name origin; do
    [ "$origin" = "$SSM_LogicalVolume" ] || continue
    snapshot_look "$name" || continue
    tag_of kind
    kind=$REPLY
    tag_of expires
    expires=$REPLY
    tag_of taken
    taken=$REPLY
    if [ -z "$taken" ]; then
      time_of "$S_TIME"
      taken=$REPLY
    fi
    sound=true
    [ -z "$S_INVALID" ] || sound=false
    snapshots+=("{\"name\":$(json_string "$name"),\"kind\":$(json_string "$kind"),\"takenAt\":\"$taken\",\"expires\":$(json_string "$expires"),\"megabytes\":$((S_BYTES / MEBIBYTE)),\"usedMegabytes\":$(((S_USED + MEBIBYTE - 1) / MEBIBYTE)),\"sound\":$sound}")
  done <<<"$REPLY"

  checked=null
  if [ -n "$SSM_Chosen" ]; then
    [ -z "$merging" ] || fail 60 "a snapshot is being merged into $VOLUME on $(uname -n) already; wait for its end. Nothing was changed"
    snapshot_sound "$SSM_Chosen" 60
    rewrites=$S_USED
    room_beside "$SSM_Chosen" "$rewrites"
    kept_size "$rewrites"
    ((REPLY <= free)) ||
      fail 63 "$SSM_VolumeGroup on $(uname -n) has $((free / MEBIBYTE)) MiB free; what merging $SSM_Chosen rewrites has to be kept, in $((REPLY / MEBIBYTE)) MiB. Nothing was changed"
    # It opens the snapshot for reading only.
    code=0
    e2fsck -f -n "/dev/$SSM_VolumeGroup/$SSM_Chosen" >&2 || code=$?
    [ "$code" -eq 0 ] ||
      fail 60 "the file system in the snapshot $SSM_Chosen of $VOLUME on $(uname -n) has errors: e2fsck ended with $code, its words are above. Nothing was changed"
    checked=$(json_string "$SSM_Chosen")
  fi
  result "{\"fileSystem\":\"$type\",\"megabytes\":$((size / MEBIBYTE)),\"freeMegabytes\":$((free / MEBIBYTE)),\"mounted\":$mounted,\"merging\":$isMerging,\"snapshots\":$(json_list ${snapshots[@]+"${snapshots[@]}"}),\"checked\":$checked}"
}
main
