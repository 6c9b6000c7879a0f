#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/volume.sh
source shared/mount.sh

main() {
  volume_known
  volume_open
  result "{\"was\":\"$REPLY\"}"
}
main
