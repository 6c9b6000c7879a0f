# A logical volume and its snapshots, by LVM2 (lvs(8), lvconvert(8)). Words are taken as LVM writes them: an empty field is
# "no", and `unknown` is never taken for it.
VOLUME="$SSM_VolumeGroup/$SSM_LogicalVolume"
DEVICE="/dev/$VOLUME"
readonly MEBIBYTE=1048576

# lvm_report PROGRAM FIELDS WHAT [OPTION…]: what lvs or vgs knows, fields separated by |, in REPLY, without leading blanks.
lvm_report() {
  local program=$1 fields=$2 what=$3
  shift 3
  REPLY=$("$program" "$@" --noheadings --nosuffix --units b --separator '|' --config 'report/time_format="%s"' -o "$fields" "$what" |
    sed 's/^ *//')
}

# volume_known: the volume is there; otherwise nothing has been done.
volume_known() {
  local tool
  for tool in lvs vgs lvcreate lvconvert lvchange findmnt blkid e2fsck find; do
    command -v "$tool" >/dev/null || fail 1 "$(uname -n) has no $tool; install lvm2, e2fsprogs and util-linux. Nothing was changed"
  done
  lvm_report lvs origin "$VOLUME" ||
    fail 1 "there is no logical volume $VOLUME on $(uname -n); correct volume in the description. Nothing was changed"
  [ -z "$REPLY" ] || fail 1 "$VOLUME on $(uname -n) is itself a snapshot of $REPLY; correct volume in the description. Nothing was changed"
}

# percent_of BYTES PERCENT: so much of it, rounded up, in REPLY. PERCENT as LVM writes it: 12.34
percent_of() {
  local hundredths=${2/./}
  [[ $2 =~ ^[0-9]+\.[0-9][0-9]$ ]] || fail 1 "LVM says $2 where a percentage was expected"
  REPLY=$((($1 * 10#$hundredths + 9999) / 10000))
}

# snapshot_look NAME: whether the volume has that snapshot. Then S_TIME (seconds), S_BYTES it has, S_USED bytes of them,
# S_INVALID, S_MERGING, S_FAILED (empty: no), S_TAGS, S_ORIGIN.
snapshot_look() {
  local name percent
  lvm_report lvs lv_name,origin,lv_time,lv_size,snap_percent,lv_snapshot_invalid,lv_merging,lv_merge_failed,lv_tags "$SSM_VolumeGroup" -a ||
    fail 1 "LVM could not list the volumes of $SSM_VolumeGroup on $(uname -n)"
  # shellcheck disable=SC2034 # not every document wants all of it
  while IFS='|' read -r name S_ORIGIN S_TIME S_BYTES percent S_INVALID S_MERGING S_FAILED S_TAGS; do
    name=${name#[}
    [ "${name%]}" = "$1" ] || continue
    S_USED=$S_BYTES
    if [ -z "$S_INVALID" ] && [ -n "$percent" ]; then
      percent_of "$S_BYTES" "$percent"
      S_USED=$REPLY
    fi
    return 0
  done <<<"$REPLY"
  return 1
}

# tag_of NAME: the value of the tag lifeboat.NAME=… of the snapshot looked at last, in REPLY.
tag_of() {
  local tag tags
  IFS=, read -r -a tags <<<"$S_TAGS"
  for tag in ${tags[@]+"${tags[@]}"}; do
    if [ "${tag%%=*}" = "lifeboat.$1" ]; then
      REPLY=${tag#*=}
      return 0
    fi
  done
  REPLY=''
}

# snapshot_sound NAME CODE: it is there, of this volume, and has not overflowed; otherwise fails with CODE.
snapshot_sound() {
  snapshot_look "$1" || fail "$2" "there is no snapshot $1 of $VOLUME on $(uname -n)"
  [ "$S_ORIGIN" = "$SSM_LogicalVolume" ] ||
    fail "$2" "$1 on $(uname -n) is no snapshot of $VOLUME but of ${S_ORIGIN:-nothing}"
  [ -z "$S_INVALID" ] ||
    fail "$2" "the snapshot $1 of $VOLUME on $(uname -n) is not valid (LVM says: $S_INVALID): more was changed than it has room for, and what it kept is lost"
}

# time_of SECONDS: as ISO 8601 in UTC, in REPLY.
time_of() { REPLY=$(date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ); }

# free_bytes: of the volume group, in REPLY.
free_bytes() { lvm_report vgs vg_free "$SSM_VolumeGroup" || fail 1 "LVM could not look at $SSM_VolumeGroup on $(uname -n)"; }

# snapshot_take NAME BYTES TAG…: a snapshot of the volume. Refuses where the volume group has no room for it.
snapshot_take() {
  local name=$1 megabytes=$((($2 + MEBIBYTE - 1) / MEBIBYTE)) tag extent tags=()
  shift 2
  for tag in "$@"; do tags+=(--addtag "lifeboat.$tag"); done
  lvm_report vgs vg_extent_size "$SSM_VolumeGroup" || fail 1 "LVM could not look at $SSM_VolumeGroup on $(uname -n)"
  extent=$REPLY
  free_bytes
  (((megabytes * MEBIBYTE + extent - 1) / extent * extent <= REPLY)) ||
    fail 63 "$SSM_VolumeGroup on $(uname -n) has $((REPLY / MEBIBYTE)) MiB free, the snapshot $name needs $megabytes MiB; remove what is no longer needed, or add to the volume group. Nothing was changed"
  # The smallest chunk: what is rewritten is kept with the least around it.
  lvcreate --snapshot --yes --name "$name" --size "${megabytes}m" --chunksize 4k "${tags[@]}" "$VOLUME" >&2 ||
    fail 1 "LVM could not take the snapshot $name of $VOLUME on $(uname -n); its message is above"
}

# mount_points: where the volume is mounted, one a line, in REPLY; empty where it is not.
mount_points() { REPLY=$(findmnt --noheadings -o TARGET --source "$DEVICE") || REPLY=''; }

# holders_of PATH: processes that have it, or something in it, open or as their place, as words in REPLY.
holders_of() {
  local link pid seen='' name
  REPLY=''
  while IFS= read -r link; do
    pid=${link#/proc/}
    pid=${pid%%/*}
    case "$seen " in *" $pid "*) continue ;; esac
    seen+=" $pid"
    name=$(cat "/proc/$pid/comm" 2>/dev/null) || continue
    REPLY+="${REPLY:+, }$name (process $pid)"
  done < <(find /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd -maxdepth 1 -type l \
    \( -lname "$1" -o -lname "$1/*" \) 2>/dev/null)
}

# require_closed NAME: nothing has the volume of that name open. LVM puts a merge off where something has, and exits 0.
require_closed() {
  local look
  [ "$1" != "$SSM_LogicalVolume" ] || {
    mount_points
    [ -z "$REPLY" ] || fail 61 "$VOLUME on $(uname -n) is still mounted at ${REPLY//$'\n'/, }; nothing was changed"
  }
  # udev looks at a device for moments after it was closed.
  for ((look = 1; look <= 10; look++)); do
    lvm_report lvs lv_device_open "$SSM_VolumeGroup/$1" || fail 1 "LVM could not look at $SSM_VolumeGroup/$1 on $(uname -n)"
    [ -n "$REPLY" ] || return 0
    sleep 1
  done
  holders_of "$(readlink -f "/dev/$SSM_VolumeGroup/$1" || printf '%s' "/dev/$SSM_VolumeGroup/$1")"
  fail 61 "$SSM_VolumeGroup/$1 on $(uname -n) is still open (LVM says: $(lvs --noheadings -o lv_device_open --nosuffix --units b "$SSM_VolumeGroup/$1" | sed 's/^ *//')), by ${REPLY:-something that is no process that can be seen here, such as another mount namespace or a device on top of it}"
}

# merge_start SNAPSHOT: begins to merge it; both have been proved closed. LVM looks after it every second, not every 15.
merge_start() {
  local said
  said=$(lvconvert --merge --background --interval 1 "$SSM_VolumeGroup/$1" 2>&1) || {
    progress "$said"
    fail 1 "LVM refused to merge $1 into $VOLUME on $(uname -n); its message is above"
  }
  progress "$said"
  case $said in
    *'next activation'*)
      # Something opened it after the look. A merge cannot be called off; activating anew begins it.
      progress "put off: activating $VOLUME anew"
      { lvchange --activate n "$VOLUME" && lvchange --activate y "$VOLUME"; } >&2 ||
        fail 61 "LVM put the merge of $1 into $VOLUME on $(uname -n) off since something has it open, and it could not be activated anew: it will begin at the next activation, or boot"
      ;;
  esac
}

# merge_await SNAPSHOT SECONDS: until the snapshot is gone and nothing merges any more. Neither the percentage nor the exit
# code of lvconvert says so. After a boot the kernel goes on with a merge, but nobody looks for its end, and LVM says for ever
# that it merges: lvchange(8), --poll. Where somebody looks already it changes nothing.
merge_await() {
  local merging
  lvm_report lvs lv_merging "$VOLUME" || fail 1 "LVM could not look at $VOLUME on $(uname -n)"
  [ -z "$REPLY" ] || lvchange --poll y --config activation/polling_interval=1 "$VOLUME" >&2 ||
    progress "LVM does not look after the merge into $VOLUME on $(uname -n); its message is above"
  while :; do
    lvm_report lvs lv_merging "$VOLUME" || fail 1 "LVM could not look at $VOLUME on $(uname -n)"
    merging=$REPLY
    if snapshot_look "$1"; then
      [ -z "$S_FAILED" ] || fail 1 "merging $1 into $VOLUME on $(uname -n) failed (LVM says: $S_FAILED); see the kernel's log"
      [ -n "$S_MERGING" ] || return 0
    elif [ -z "$merging" ]; then
      return 0
    fi
    ((SECONDS < $2)) ||
      fail 1 "merging $1 into $VOLUME on $(uname -n) did not end within $2 s; it goes on, and the volume may be used meanwhile"
    sleep 1
  done
}

# room_beside SNAPSHOT BYTES: every other snapshot of the volume can keep what a merge rewrites; one that overflows is lost.
room_beside() {
  local name origin size percent invalid
  lvm_report lvs lv_name,origin,lv_size,snap_percent,lv_snapshot_invalid "$SSM_VolumeGroup" || fail 1 "LVM could not list the volumes of $SSM_VolumeGroup"
  while IFS='|' read -r name origin size percent invalid; do
    if [ "$origin" != "$SSM_LogicalVolume" ] || [ "$name" = "$1" ] || [ -n "$invalid" ]; then continue; fi
    percent_of "$size" "$percent"
    ((size - REPLY > $2)) ||
      fail 63 "the snapshot $name of $VOLUME on $(uname -n) has $(((size - REPLY) / MEBIBYTE)) MiB left; merging $1 rewrites $(($2 / MEBIBYTE)) MiB, and $name would be lost. Extend it (lvextend) or remove it. Nothing was changed"
  done <<<"$REPLY"
}

# kept_size BYTES: of a snapshot that keeps so much while a merge rewrites it, with LVM's table and air, in REPLY.
kept_size() { REPLY=$(($1 * 11 / 10 + 16 * MEBIBYTE)); }
