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
  while read -r name serial; do
    if [ "$name" = "$found" ] && [[ $serial =~ ^vol[0-9a-f]{8,17}$ ]]; then REPLY=vol-${serial#vol}; fi
  done < <(lsblk --noheadings --nodeps --paths -o NAME,SERIAL)
}

# device_of VOLUME: the disk of an EBS volume, in REPLY; waits a minute for the kernel to see it.
device_of() {
  local name serial try
  for ((try = 1; try <= 60; try++)); do
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

# group_exists GROUP
group_exists() { vgs --noheadings --nosuffix --units b -o vg_name "$1" >/dev/null 2>&1; }
