# as_owner COMMAND…: as the application's user, whose files a release's are; what its scripts run is no business of root's.
# Needs WORK, with a folder `home` in it where that user is another one.
as_owner() {
  if [ "$OWNER" = "$(id -un)" ]; then "$@"; else runuser -u "$OWNER" -- env "HOME=$WORK/home" "$@"; fi
}
