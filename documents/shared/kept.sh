# What a run replaced, in the folder Kept/Run: each file by its name, `absent` with the names of those that were not there,
# `units` with what each unit was, and `kept.json` for whoever removes it. It is whole once it is called so.
kept_folder() { KEPT=$SSM_Kept/$SSM_Run/configuration; }

unit_was() {
  local name was
  while read -r name was; do
    [ "$name" != "$1" ] || REPLY=$was
  done <"$KEPT/units"
}

# put_back: every file that is not as it was, then the units; what was put back is in PUT_BACK, units in STATES.
put_back() {
  local name new place unit was
  local -A prepared=()
  PUT_BACK=()
  STATES=()
  for name in "${FILES[@]}"; do
    [ -f "$KEPT/$name" ] || continue
    put_file "$name" "$KEPT/$name" "$KEPT/$name"
    new=$REPLY
    file_place "$name"
    cmp -s "$new" "$REPLY" || prepared[$name]=$new
  done
  # Until the units have been restarted: a script that is killed in between is not done when it is run again.
  [ ${#prepared[@]} -eq 0 ] || : >"$KEPT/restart"
  for name in "${FILES[@]}"; do
    file_place "$name"
    place=$REPLY
    if [ -n "${prepared[$name]-}" ]; then
      mv -fT "${prepared[$name]}" "$place"
      PUT_BACK+=("$name")
    elif grep -qx "$name" "$KEPT/absent" && [ -e "$place" ]; then
      # Not removed: what the run had placed is kept as well.
      : >"$KEPT/restart"
      mv -fT "$place" "$KEPT/placed-$name"
      PUT_BACK+=("$name")
    fi
  done
  for unit in ${UNITS[@]+"${UNITS[@]}"}; do
    unit_was "$unit"
    was=$REPLY
    if [ -e "$KEPT/restart" ]; then
      progress "putting $unit back, which was $was"
      if [ "$was" = inactive ]; then
        systemctl stop "$unit" || fail 1 "systemctl could not stop $unit on $(uname -n) again; its message is above"
      else
        may_start "$unit"
        # A unit that did not run with the files as they were need not run with them now.
        systemctl restart "$unit" || [ "$was" != active ] ||
          fail 1 "systemctl could not restart $unit on $(uname -n) with the files as they were; see journalctl -u $unit"
      fi
    fi
    unit_state "$unit"
    STATES+=("$(unit_json "$unit" "$was" "$REPLY")")
  done
  rm -f "$KEPT/restart"
}
