# unit_state UNIT: its state by systemd's word, in REPLY. is-active has codes of its own for "not active".
unit_state() {
  REPLY=$(systemctl is-active "$1" 2>/dev/null) || :
  REPLY=${REPLY:-unknown}
}

# unit_pid UNIT: the main process, in REPLY; 0 where there is none.
unit_pid() { REPLY=$(systemctl show -p MainPID --value "$1"); }

# may_start UNIT: one that has died too often is refused until systemd is told that it may be tried again.
may_start() { systemctl reset-failed "$1" 2>/dev/null || :; }

# require_units UNIT…: every one exists; is-active says "inactive" of a unit that does not, as of one that is stopped.
require_units() {
  local unit state
  for unit in "$@"; do
    state=$(systemctl show -p LoadState --value "$unit")
    [ "$state" != not-found ] ||
      fail 1 "there is no unit $unit on $(uname -n); nothing was changed. Correct hosts.services in the description, or install the unit"
  done
}

unit_json() { printf '{"name":%s,"was":%s,"is":%s}' "$(json_string "$1")" "$(json_string "$2")" "$(json_string "$3")"; }
