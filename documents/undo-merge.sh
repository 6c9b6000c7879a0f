#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/services.sh
source shared/volume.sh
source shared/mount.sh

main() {
  SECONDS=0
  deadline=$((10#$SSM_Seconds))
  volume_known
  # A merge cannot be called off: it ends first.
  merge_await "$SSM_Snapshot" "$deadline"

  began=no
  if snapshot_look "$SSM_Snapshot"; then
    tag_of again
    if [ "$REPLY" != "$SSM_Run" ]; then
      result '{"state":"never-merged","restarted":[]}'
      exit 0
    fi
    # A call before this one had taken it again.
    began=yes
  fi
  if ! snapshot_look "$SSM_Safety"; then
    [ "$began" = yes ] || fail 1 "the safety snapshot $SSM_Safety of $VOLUME on $(uname -n) is gone: what was there before cannot be had back"
    result '{"state":"merged-back","restarted":[]}'
    exit 0
  fi

  if [ -z "$S_MERGING" ]; then
    snapshot_sound "$SSM_Safety" 1
    rewrites=$S_USED
    tag_of of.taken
    taken=$REPLY
    tag_of of.expires
    expires=$REPLY
    tag_of of.megabytes
    megabytes=${REPLY:-0}
  fi

  # Whatever serves from it now, stops; the mount unit takes its own services with it.
  read -r -a units <<<"$SSM_Services"
  require_units "${units[@]}"
  active=()
  for unit in "${units[@]}"; do
    unit_state "$unit"
    [ "$REPLY" != active ] || active=("$unit" ${active[@]+"${active[@]}"})
    systemctl stop "$unit" || fail 1 "systemctl could not stop $unit on $(uname -n); its message is above"
  done
  volume_close
  was=$REPLY

  if snapshot_look "$SSM_Safety" && [ -z "$S_MERGING" ]; then
    require_closed "$SSM_Safety"
    # The snapshot that was merged is taken again, of what it had put there: it can be merged once more, and what was
    # written since is in it.
    if [ "$began" = no ]; then
      kept_size "$rewrites"
      wanted=$REPLY
      free_bytes
      if ((megabytes * MEBIBYTE > wanted && megabytes * MEBIBYTE <= REPLY)); then wanted=$((megabytes * MEBIBYTE)); fi
      room_beside "$SSM_Safety" "$rewrites"
      snapshot_take "$SSM_Snapshot" "$wanted" kind=snapshot "again=$SSM_Run" "run=$SSM_Run" "expires=$expires" "taken=$taken"
    fi
    merge_start "$SSM_Safety"
  fi
  merge_await "$SSM_Safety" "$deadline"
  ! snapshot_look "$SSM_Safety" || fail 1 "$SSM_Safety on $(uname -n) was not merged back"
  snapshot_sound "$SSM_Snapshot" 1

  [ "$was" != mounted ] || volume_open
  for unit in ${active[@]+"${active[@]}"}; do
    may_start "$unit"
    systemctl start "$unit" || fail 1 "systemctl could not start $unit on $(uname -n); its message is above"
  done
  restarted=()
  for unit in ${active[@]+"${active[@]}"}; do restarted+=("$(json_string "$unit")"); done
  result "{\"state\":\"merged-back\",\"restarted\":$(json_list ${restarted[@]+"${restarted[@]}"})}"
}
main
