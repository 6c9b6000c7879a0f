#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/services.sh

main() {
  read -r -a units <<<"$SSM_Services"
  require_units "${units[@]}"

  was=()
  for unit in "${units[@]}"; do
    unit_state "$unit"
    was+=("$REPLY")
    progress "stopping $unit, which is $REPLY"
    systemctl stop "$unit" ||
      fail 1 "systemctl could not stop $unit on $(uname -n); its message is above"
  done

  # All of them once more, after the last was stopped: one may have started another again.
  states=()
  for index in "${!units[@]}"; do
    unit=${units[index]}
    unit_state "$unit"
    case $REPLY in
      inactive | failed) states+=("$(unit_json "$unit" "${was[index]}" "$REPLY")") ;;
      *) fail 1 "$unit is still $REPLY on $(uname -n) after systemctl stop; see what starts it (systemctl list-dependencies --reverse $unit)" ;;
    esac
  done
  result "{\"services\":$(json_list "${states[@]}")}"
}
main
