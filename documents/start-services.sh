#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/services.sh

main() {
  # systemctl start returns for most services once their process exists. One that cannot live (a port in use, a wrong
  # setting) ends within moments, and Restart= would hide that: the same process has to be there at every look.
  looks=3

  read -r -a units <<<"$SSM_Services"
  require_units "${units[@]}"

  was=()
  pids=()
  for unit in "${units[@]}"; do
    unit_state "$unit"
    was+=("$REPLY")
    progress "starting $unit, which is $REPLY"
    may_start "$unit"
    systemctl start "$unit" ||
      fail 1 "systemctl could not start $unit on $(uname -n); its message is above, and the unit's own in journalctl -u $unit"
    unit_pid "$unit"
    pids+=("$REPLY")
  done

  for ((look = 1; look <= looks; look++)); do
    sleep 1
    for index in "${!units[@]}"; do
      unit=${units[index]}
      unit_state "$unit"
      [ "$REPLY" = active ] ||
        fail 1 "$unit is $REPLY on $(uname -n) $look s after it was started; see journalctl -u $unit"
      unit_pid "$unit"
      [ "$REPLY" = "${pids[index]}" ] ||
        fail 1 "$unit on $(uname -n) died within $look s after it was started, and was started again by systemd; see journalctl -u $unit"
    done
  done

  states=()
  for index in "${!units[@]}"; do
    states+=("$(unit_json "${units[index]}" "${was[index]}" active)")
  done
  result "{\"services\":$(json_list "${states[@]}")}"
}
main
