#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/volume.sh

main() {
  volume_known
  # On a mounted file system it looks at what is out of date, and says 0.
  require_closed "$SSM_LogicalVolume"
  repaired=false
  code=0
  e2fsck -f -n "$DEVICE" >&2 || code=$?
  if [ "$code" -ne 0 ]; then
    [ "$code" -eq 4 ] || fail 1 "e2fsck could not look at $VOLUME on $(uname -n): it ended with $code, its words are above"
    [ "$SSM_AllowRepair" = yes ] ||
      fail 62 "the file system on $VOLUME on $(uname -n) has errors, which e2fsck names above; nothing was repaired, since volume.allowRepair is off"
    code=0
    e2fsck -f -y "$DEVICE" >&2 || code=$?
    [ "$code" -le 1 ] || fail 62 "e2fsck could not repair the file system on $VOLUME on $(uname -n): it ended with $code, its words are above"
    e2fsck -f -n "$DEVICE" >&2 || fail 62 "the file system on $VOLUME on $(uname -n) has errors after its repair, which e2fsck names above"
    repaired=true
  fi
  result "{\"clean\":true,\"repaired\":$repaired}"
}
main
