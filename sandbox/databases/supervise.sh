#!/bin/sh
# Runs a command that must not outlive the process that started this script, not even when that process gets SIGKILL:
# the starter holds the other end of standard input, and its end-of-file is the signal.
# Arguments: a folder to remove afterwards (or ''), the command. First line of output: the command's process id.
remove=$1
shift
exec 3<&0

"$@" 3<&- </dev/null >&2 &
server=$!
echo "$server"

(
  exec >/dev/null 2>&1
  while read -r _ <&3; do :; done
  # SIGQUIT is PostgreSQL's immediate shutdown: it ends every backend and frees shared memory.
  kill -QUIT "$server"
  tries=0
  while kill -0 "$server" && [ "$tries" -lt 15 ]; do
    sleep 0.1
    tries=$((tries + 1))
  done
  kill -KILL "$server" # backends end by themselves when the postmaster is gone
) &
watcher=$!
exec 3<&- >&2

wait "$server"
status=$?
kill "$watcher" 2>/dev/null
[ -z "$remove" ] || rm -rf -- "$remove"
exit "$status"
