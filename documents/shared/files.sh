# The files that configure a host, as the parameters Root, Files and Secrets name them.
FILES=()
UNITS=()
declare -A FILE_KIND FILE_PATH FILE_KEY UNIT_HOW SECRET_VALUE
# Below it everything that nginx reads; its main file is nginx.conf.
# shellcheck disable=SC2034 # used by shared/store.sh
NGINX=/etc/nginx

files_read() {
  local item name kind path key services unit how
  local -a items units
  ROOT=${SSM_Root%/}
  read -r -a items <<<"$SSM_Files"
  for item in "${items[@]}"; do
    IFS='|' read -r name kind path key services <<<"$item"
    case "$path/$key/" in
      */../* | */./*) fail 1 "the file $name has a path with . or .. in it: $path, $key" ;;
    esac
    FILES+=("$name")
    FILE_KIND[$name]=$kind
    FILE_PATH[$name]=$path
    # shellcheck disable=SC2034 # used by the documents
    FILE_KEY[$name]=$key
    IFS=',' read -r -a units <<<"$services"
    for how in ${units[@]+"${units[@]}"}; do
      unit=${how%%:*}
      how=${how#*:}
      [ -n "${UNIT_HOW[$unit]-}" ] || UNITS+=("$unit")
      # A restart does what a reload does.
      [ "${UNIT_HOW[$unit]-}" = restart ] || UNIT_HOW[$unit]=$how
    done
  done
  require_units ${UNITS[@]+"${UNITS[@]}"}
}

# file_place NAME: where the file lies, behind a symbolic link too, in REPLY. The folder may be one (a release's).
file_place() {
  REPLY=$ROOT${FILE_PATH[$1]}
  [ ! -L "$REPLY" ] || REPLY=$(readlink -f "$REPLY")
}

# secrets_read: today's values, by this host's role, in SECRET_VALUE["file VARIABLE"].
secrets_read() {
  local item file variable arn field
  local -a items
  read -r -a items <<<"$SSM_Secrets"
  for item in ${items[@]+"${items[@]}"}; do
    IFS='|' read -r file variable arn field <<<"$item"
    secret_field "$arn" "$field"
    case $REPLY in
      *[[:cntrl:]]*) fail 1 "the field $field of the secret $arn has a control character, which no env file can hold" ;;
    esac
    SECRET_VALUE["$file $variable"]=$REPLY
  done
}

# is_secret FILE LINE: whether a line of an env file is an entry that comes from Secrets Manager; its variable in REPLY.
is_secret() {
  [[ $2 =~ ^(export[[:space:]]+)?([A-Za-z_][A-Za-z0-9_]*)= ]] || return 1
  REPLY=${BASH_REMATCH[2]}
  [ -n "${SECRET_VALUE["$1 $REPLY"]+known}" ]
}

# env_quoted TEXT: a value as systemd's EnvironmentFile and a shell both read it, in REPLY.
env_quoted() {
  REPLY=$1
  [[ ! $REPLY =~ ^[A-Za-z0-9_./:@%+=,-]*$ ]] || return 0
  REPLY=${REPLY//\\/\\\\}
  REPLY=${REPLY//\"/\\\"}
  REPLY=${REPLY//\$/\\\$}
  REPLY=\"${REPLY//\`/\\\`}\"
}

# env_plain FILE: from standard input, without the lines of its secrets.
env_plain() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    is_secret "$1" "$line" || printf '%s\n' "$line"
  done
}

# env_today FILE: from standard input, with each secret entry as it is today; what is missing comes last.
env_today() {
  local line key
  local -A written=()
  while IFS= read -r line || [ -n "$line" ]; do
    if is_secret "$1" "$line"; then
      key=$REPLY
      [ -z "${written[$key]-}" ] || continue
      written[$key]=yes
      env_quoted "${SECRET_VALUE["$1 $key"]}"
      printf '%s=%s\n' "$key" "$REPLY"
    else
      printf '%s\n' "$line"
    fi
  done
  for key in "${!SECRET_VALUE[@]}"; do
    [ "${key%% *}" = "$1" ] || continue
    key=${key#* }
    [ -z "${written[$key]-}" ] || continue
    env_quoted "${SECRET_VALUE["$1 $key"]}"
    printf '%s=%s\n' "$key" "$REPLY"
  done
}

# file_digest NAME FILE: as JSON in REPLY: SHA-256, of an env file without its secrets; null where there is no file.
file_digest() {
  REPLY=null
  [ -f "$2" ] || return 0
  if [ "${FILE_KIND[$1]}" = env ]; then
    REPLY=$(env_plain "$1" <"$2" | sha256sum)
  else
    REPLY=$(sha256sum <"$2")
  fi
  REPLY=\"${REPLY%% *}\"
}

# put_file NAME SOURCE LIKE: writes the file beside its place, secrets as they are today, with mode and owner of LIKE, or
# where there is none as a new file of its kind has them. The finished file's name is in REPLY; nothing is in force yet.
put_file() {
  local name=$1 source=$2 like=$3 place temporary mode=644
  file_place "$name"
  place=$REPLY
  [ -d "${place%/*}" ] || fail 1 "the folder ${place%/*} of the file $name does not exist on $(uname -n); nothing was changed"
  # Made for root alone: what is written into it may be secret.
  temporary=$(mktemp "${place%/*}/.lifeboat-$name.XXXXXXXX") ||
    fail 1 "no file can be made in ${place%/*} on $(uname -n): the message is above; nothing was changed"
  TEMPORARY+=("$temporary")
  if [ "${FILE_KIND[$name]}" = env ]; then
    env_today "$name" <"$source" >"$temporary"
  else
    cat "$source" >"$temporary"
  fi
  case ${FILE_KIND[$name]} in env | key) mode=600 ;; esac
  if [ -e "$like" ]; then
    chown --reference="$like" "$temporary"
    chmod --reference="$like" "$temporary"
  else
    chown --reference="${place%/*}" "$temporary"
    chmod "$mode" "$temporary"
  fi
  sync "$temporary"
  REPLY=$temporary
}

# digests_json: `{"name":digest}` of the files in force, in REPLY.
digests_json() {
  local name
  local -a pairs=()
  for name in "${FILES[@]}"; do
    file_place "$name"
    file_digest "$name" "$REPLY"
    pairs+=("$(json_string "$name"):$REPLY")
  done
  REPLY=$(json_object "${pairs[@]}")
}
