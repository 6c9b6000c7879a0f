# Releases: each has a folder of its own in Releases; Folder is a link to the one that serves. Needs common.

# release_serving: the folder behind the link in SERVING, its name in SERVING_NAME, whose it is in OWNER.
release_serving() {
  [ -L "$SSM_Folder" ] ||
    fail 1 "$SSM_Folder on $(uname -n) is no link to a release's folder, so that nothing could take its place at once; make it one as docs/operating.md says under Releases"
  SERVING=$(readlink -e "$SSM_Folder") ||
    fail 1 "$SSM_Folder on $(uname -n) is a link to $(readlink "$SSM_Folder"), which does not exist; link it to a folder in $SSM_Releases"
  SERVING_NAME=${SERVING##*/}
  [ "$SERVING" = "$(readlink -e "$SSM_Releases/$SERVING_NAME")" ] ||
    fail 1 "$SSM_Folder on $(uname -n) leads to $SERVING, which is not in $SSM_Releases; correct releases.folder in the description"
  # shellcheck disable=SC2034 # not every document works as the owner
  OWNER=$(stat -c %U "$SERVING")
}

# release_tag FOLDER: its tag in REPLY: as it was prepared, else as git describes it, else unknown.
release_tag() {
  local record=$SSM_Releases/.${1##*/}.release
  REPLY=unknown
  if [ -f "$record" ]; then
    read -r REPLY _ <"$record"
  elif command -v git >/dev/null; then
    # The folder belongs to the application's user: without safe.directory git refuses it to root.
    REPLY=$(git -c "safe.directory=$1" -C "$1" describe --tags --always 2>/dev/null) || REPLY=unknown
  fi
}

# release_schema FOLDER: what its release.json says of the schema, as JSON in REPLY; null where it says nothing.
release_schema() {
  REPLY=null
  [ ! -f "$1/release.json" ] || schema_range "$(<"$1/release.json")"
}

# schema_range JSON: {"schema": {"minimum": "1.2.0", "maximum": "1.3.0"}}, the maximum left out where there is none.
schema_range() {
  local version='"([A-Za-z0-9][A-Za-z0-9._-]*)"' minimum maximum=null
  REPLY=null
  [[ $1 =~ \"minimum\"[[:space:]]*:[[:space:]]*$version ]] || return 0
  minimum=$(json_string "${BASH_REMATCH[1]}")
  if [[ $1 =~ \"maximum\"[[:space:]]*:[[:space:]]*$version ]]; then maximum=$(json_string "${BASH_REMATCH[1]}"); fi
  REPLY="{\"minimum\":$minimum,\"maximum\":$maximum}"
}
