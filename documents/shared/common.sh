# What every document needs. The programs' own messages are not translated: some are told apart by their text.
export LC_ALL=C
set +x # a trace would show passwords

WORK=''
# Files elsewhere that end with the document unless they were renamed.
TEMPORARY=()
DELIBERATE=no
FINISHED=no

progress() { printf '%s\n' "$*" >&2; }

# fail CODE SENTENCE: ends the document. Never inside $( ): there it would end the subshell only.
fail() {
  DELIBERATE=yes
  printf 'ERROR: %s\n' "$2" >&2
  exit "$1"
}

# A program's exit code must not pass for one of the codes that mean something (curl's 7, for one). Nor must a document pass
# for done that did not come to its result: after an error in an expression bash goes on behind the outermost command,
# `set -e` or not. That is why each document's steps are one function, main.
on_exit() {
  local code=$?
  [ -z "$WORK" ] || rm -rf "$WORK"
  [ ${#TEMPORARY[@]} -eq 0 ] || rm -f "${TEMPORARY[@]}"
  if [ "$code" -ne 0 ] && [ "$DELIBERATE" = no ]; then
    progress "ERROR: a command failed unexpectedly with code $code; the lines above are its own words"
    exit 1
  fi
  if [ "$code" -eq 0 ] && [ "$FINISHED" = no ]; then
    progress 'ERROR: the document ended without a result; the lines above say why'
    exit 1
  fi
}
trap on_exit EXIT

# A folder that only this user can read and that ends with the document.
work_folder() {
  [ -n "$WORK" ] || WORK=$(mktemp -d "${TMPDIR:-/tmp}/lifeboat.XXXXXXXX")
}

# json_string TEXT: TEXT as a JSON string.
json_string() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}

# json_list ITEM…: items that are JSON already, as a JSON array.
json_list() {
  local IFS=,
  printf '[%s]' "$*"
}

# json_object PAIR…: pairs that are JSON already, as a JSON object.
json_object() {
  local IFS=,
  printf '{%s}' "$*"
}

# result JSON: the document's last line of standard output.
result() {
  printf '%s\n' "$1"
  FINISHED=yes
}
