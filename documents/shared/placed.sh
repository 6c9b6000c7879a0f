# What a run puts below Folder beside the files that are in use, and what it replaced: Folder/.lifeboat-files/Run, on the same
# file system, so that each entry goes in and out by one rename. Needs common.
#   new       what was unpacked, whole once it is called so
#   replaced  what was in use before
#   restored… what had been in use in between, from each time that it was put back
#   state     how far exchanging is: replacing, placing, placed; leaving, returning, returned
#   kept.json the run, and the day from which the folder may be removed
OWN=.lifeboat-files
PLACE=$SSM_Folder/$OWN/$SSM_Run

place_make() {
  mkdir -p "$PLACE"
  # Configuration with secrets lies among the files.
  chmod 700 "$SSM_Folder/$OWN" "$PLACE"
}

# place_expires DAY: notes it for whoever removes what was kept.
place_expires() { printf '{"run":%s,"expires":%s}\n' "$(json_string "$SSM_Run")" "$(json_string "$1")" >"$PLACE/kept.json"; }

# state_read: in REPLY; empty where nothing was exchanged yet.
state_read() {
  REPLY=''
  [ ! -f "$PLACE/state" ] || read -r REPLY <"$PLACE/state"
}

state_write() {
  printf '%s\n' "$1" >"$PLACE/.state"
  sync -f "$PLACE/.state"
  mv -T "$PLACE/.state" "$PLACE/state"
}

# entries_move FROM TO: every entry by a rename, but for our own folder and the file system's. How many in REPLY.
entries_move() {
  local entry count=0
  mkdir -p "$1" "$2"
  while IFS= read -r -d '' entry; do
    mv -T -- "$entry" "$2/${entry##*/}" ||
      fail 1 "$entry cannot be moved to $2 on $(uname -n): mv's message is above. What was moved is told by the state in $PLACE"
    count=$((count + 1))
  done < <(find "$1" -mindepth 1 -maxdepth 1 ! -name "$OWN" ! -name lost+found -print0)
  REPLY=$count
}
