# EBS volumes under volume groups of LVM2. On instances of the Nitro system a disk's serial number is its volume's id without
# the hyphen (EC2 guide, Identify the EBS device). Needs common.

# disk_of_group GROUP: the EBS volume that it lies on, in REPLY; empty where it is none, or lies on several disks.
disk_of_group() {
  local device group found='' name serial
  REPLY=''
  command -v lsblk >/dev/null && command -v pvs >/dev/null || return 0
  while IFS='|' read -r device group; do
    [ "$group" = "$1" ] || continue
    [ -z "$found" ] || return 0
    found=$device
  done < <(pvs --noheadings --nosuffix --units b --separator '|' -o pv_name,vg_name | sed 's/^ *//')
  [ -n "$found" ] || return 0
  # LVM calls a disk by a link to it where there is one, and EC2's own udev rules make one of the name that it was attached by
  # (/dev/sdf).
  found=$(readlink -f "$found" || printf '%s' "$found")
  while read -r name serial; do
    if [ "$name" = "$found" ] && [[ $serial =~ ^vol[0-9a-f]{8,17}$ ]]; then REPLY=vol-${serial#vol}; fi
  done < <(lsblk --noheadings --nodeps --paths -o NAME,SERIAL)
}

# group_on DEVICE: the volume group that LVM sees on it, in REPLY; empty where it sees none, or another disk in its place.
group_on() {
  local device group
  REPLY=''
  while IFS='|' read -r device group; do
    [ "$(readlink -f "$device" || printf '%s' "$device")" != "$1" ] || REPLY=$group
  done < <(pvs --noheadings --nosuffix --units b --separator '|' -o pv_name,vg_name | sed 's/^ *//')
}

# at_boot GROUP enabled|'': whether a boot activates it: two file systems with the same UUID must not be there to be mounted.
at_boot() {
  local is to=y
  is=$(vgs --noheadings --nosuffix --units b -o vg_autoactivation "$1" | sed 's/^ *//') || {
    progress "LVM on $(uname -n) is older than 2.03.12: a boot activates $1 as well"
    return 0
  }
  [ "$is" != "$2" ] || return 0
  [ -n "$2" ] || to=n
  vgchange --setautoactivation "$to" "$1" >&2
}

# device_of VOLUME: the disk of an EBS volume, in REPLY; empty where the kernel does not see it within half a minute.
device_of() {
  local name serial try
  for ((try = 1; try <= 30; try++)); do
    while read -r name serial; do
      if [ "$serial" = "${1/-/}" ]; then
        REPLY=$name
        return 0
      fi
    done < <(lsblk --noheadings --nodeps --paths -o NAME,SERIAL)
    sleep 1
  done
  REPLY=''
}

# has_devices_file: whether LVM uses the disks of its devices file and no other (lvmdevices(8); usual on Amazon Linux 2023 and RHEL 9).
# A disk that is attached later is in none, and LVM does not see it.
has_devices_file() {
  local listed
  command -v lvmdevices >/dev/null || return 1
  listed=$(lvmdevices 2>/dev/null) || return 1
  [ -n "$listed" ]
}

# group_exists GROUP
group_exists() { vgs --noheadings --nosuffix --units b -o vg_name "$1" >/dev/null 2>&1; }
