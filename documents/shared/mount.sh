# Where a logical volume is mounted, by its unit of systemd: plain mount and umount would leave systemd with another view.
# volume_close: unmounts by the mount unit, where it is mounted, and proves that nothing has the volume open. REPLY: what was.
volume_close() {
  local was=closed
  mount_points
  if [ -n "$REPLY" ]; then
    was=mounted
    [ "$REPLY" = "$SSM_MountPoint" ] ||
      fail 61 "$VOLUME on $(uname -n) is mounted at ${REPLY//$'\n'/, }, not at $SSM_MountPoint alone; correct volume in the description"
    holders_of "$SSM_MountPoint"
    [ -z "$REPLY" ] ||
      fail 61 "$SSM_MountPoint on $(uname -n) is in use by $REPLY; it was not unmounted. Stop that, or name its service in hosts.services"
    progress "stopping $SSM_MountUnit"
    systemctl stop "$SSM_MountUnit" || {
      holders_of "$SSM_MountPoint"
      fail 61 "systemctl could not stop $SSM_MountUnit on $(uname -n), its message is above; in use by ${REPLY:-nothing that can be seen here}"
    }
  fi
  mount_points
  [ -z "$REPLY" ] || fail 61 "$VOLUME on $(uname -n) is mounted at ${REPLY//$'\n'/, } again after $SSM_MountUnit was stopped"
  require_closed "$SSM_LogicalVolume"
  REPLY=$was
}

# volume_open: mounts by the mount unit and proves it. REPLY: what was.
volume_open() {
  local was=closed
  mount_points
  [ "$REPLY" != "$SSM_MountPoint" ] || was=mounted
  # A unit that failed before stays so until it is told.
  systemctl reset-failed "$SSM_MountUnit" 2>/dev/null || :
  systemctl start "$SSM_MountUnit" ||
    fail 1 "systemctl could not start $SSM_MountUnit on $(uname -n); its message is above, and the unit's own in journalctl -u $SSM_MountUnit"
  mount_points
  [ "$REPLY" = "$SSM_MountPoint" ] ||
    fail 1 "$SSM_MountUnit on $(uname -n) was started, but $VOLUME is mounted at ${REPLY:-no place}, not at $SSM_MountPoint"
  REPLY=$was
}
