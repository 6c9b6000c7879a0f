# Versions of the configuration, as the parameters Region, Bucket, Prefix, Folder and Versions name them: fetched and checked
# in a folder that ends with the document.
VERSIONS=()
# shellcheck disable=SC2034 # used by stage-configuration
declare -A VERSION_OBJECTS EXIT_OF=(
  [missing-file]=20 [invalid]=20 [certificate-expired]=21 [key-mismatch]=22 [web-server-refused]=23
)

versions_read() {
  local item
  local -a items
  read -r -a items <<<"$SSM_Versions"
  for item in "${items[@]}"; do
    VERSIONS+=("${item%%=*}")
    VERSION_OBJECTS[${item%%=*}]=${item#*=}
  done
}

# unsound PROBLEM WORDS: notes why a version is not taken. Never with anything of a file's contents.
unsound() {
  # shellcheck disable=SC2034 # used by stage-configuration
  PROBLEM=$1
  WORDS=$2
  return 1
}

# version_fetch VERSION FOLDER: every file of it, as it is stored. Returns 1 where the version lacks one.
version_fetch() {
  local name object id
  local -A ids=()
  local -a objects
  IFS=',' read -r -a objects <<<"${VERSION_OBJECTS[$1]}"
  for object in "${objects[@]}"; do ids[${object%%:*}]=${object#*:}; done
  mkdir -p "$WORK/objects"
  for name in "${FILES[@]}"; do
    id=${ids[$name]--}
    [ "$id" != - ] || unsound missing-file "the version has no file $name (${FILE_KEY[$name]})" || return 1
    object=$WORK/objects/$name.$id
    if [ -z "$SSM_Bucket" ]; then
      [ -f "$SSM_Folder/${FILE_KEY[$name]}" ] ||
        unsound missing-file "there is no ${FILE_KEY[$name]} in $SSM_Folder" || return 1
      cp "$SSM_Folder/${FILE_KEY[$name]}" "$object" || fail 1 "the copy of ${FILE_KEY[$name]} failed; its message is above"
    elif [ ! -e "$object" ]; then
      AWS_PAGER='' aws s3api get-object --region "$SSM_Region" --bucket "$SSM_Bucket" --key "$SSM_Prefix${FILE_KEY[$name]}" \
        --version-id "$id" "$object" >/dev/null ||
        fail 1 "s3://$SSM_Bucket/$SSM_Prefix${FILE_KEY[$name]}, version $id, cannot be read on $(uname -n): the aws command's message is above. The host's instance role needs s3:GetObjectVersion on it. Nothing was changed"
    fi
    cp "$object" "$2/$name" || fail 1 "the copy of ${FILE_KEY[$name]} failed; its message is above"
  done
}

# Says where a JSON file is wrong, where JSON.parse tells, and never what stands there.
JSON_CHECK='
  let text = "";
  process.stdin.setEncoding("utf8").on("data", (part) => (text += part)).on("end", () => {
    let value;
    try {
      value = JSON.parse(text);
    } catch (error) {
      const at = /position ([0-9]+)/.exec(error.message);
      if (at !== null) console.log(", line " + text.slice(0, Number(at[1])).split("\n").length);
      process.exit(1);
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) process.exit(0);
    console.log(": it is no object");
    process.exit(1);
  });'

is_json() {
  local where
  where=$(node -e "$JSON_CHECK" <"$2") || unsound invalid "$1 (${FILE_KEY[$1]}) is no valid JSON$where"
}

# is_lines NAME FILE PATTERN WHAT: every line but blank ones and comments is of the pattern, and there is one.
is_lines() {
  local line number=0 seen=no
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    [[ ! $line =~ ^[[:space:]]*(#.*)?$ ]] || continue
    [[ $line =~ $3 ]] || unsound invalid "$1 (${FILE_KEY[$1]}), line $number: no $4" || return 1
    seen=yes
  done <"$2"
  [ "$seen" = yes ] || unsound invalid "$1 (${FILE_KEY[$1]}) is empty"
}

# is_certificate NAME FILE: it can be read, and today lies between its dates.
is_certificate() {
  local from until now
  openssl x509 -noout -in "$2" >/dev/null 2>&1 ||
    unsound invalid "$1 (${FILE_KEY[$1]}) is no certificate in PEM" || return 1
  from=$(openssl x509 -noout -startdate -in "$2") && until=$(openssl x509 -noout -enddate -in "$2") || return 1
  now=$(date +%s)
  (($(date -d "${from#*=}" +%s) <= now)) ||
    unsound certificate-expired "$1 (${FILE_KEY[$1]}) is not valid before ${from#*=}" || return 1
  (($(date -d "${until#*=}" +%s) > now)) ||
    unsound certificate-expired "$1 (${FILE_KEY[$1]}) expired on ${until#*=}"
}

# is_key NAME FILE CERTIFICATE: it is the private key of that certificate.
is_key() {
  local public own
  public=$(openssl pkey -pubout -in "$2" 2>/dev/null </dev/null) ||
    unsound invalid "$1 (${FILE_KEY[$1]}) is no private key in PEM without a passphrase" || return 1
  own=$(openssl x509 -noout -pubkey -in "$3") || return 1
  [ "$public" = "$own" ] || unsound key-mismatch "$1 (${FILE_KEY[$1]}) is not the key of the certificate ${1%-key}"
}

# web_server_file PATH NEW COPY: puts a file of the version into the copy of nginx's folder, by each of its names: Debian's
# nginx reads sites-enabled, whose entries are links to what the description names.
web_server_file() {
  local path
  while IFS= read -r path; do
    path=$3${path#"$ROOT$NGINX"}
    mkdir -p "${path%/*}"
    cp "$2" "$path"
  done < <(
    printf '%s\n' "$ROOT$1"
    [ ! -e "$ROOT$1" ] || find -L "$ROOT$NGINX" -samefile "$ROOT$1"
  )
}

# web_server_takes FOLDER: nginx -t on a copy of its folder with the version's files in it, certificates included.
web_server_takes() {
  local name path copy=$1/.nginx said any=no edits=''
  mkdir "$copy"
  [ ! -d "$ROOT$NGINX" ] || cp -RL "$ROOT$NGINX/." "$copy/"
  for name in "${FILES[@]}"; do
    path=${FILE_PATH[$name]}
    case ${FILE_KIND[$name]} in
      nginx)
        any=yes
        web_server_file "$path" "$1/$name" "$copy"
        ;;
      certificate | key) edits+="s#${path//./\\.}#$1/$name#g;" ;;
    esac
  done
  [ "$any" = yes ] || return 0
  edits+="s#$NGINX/#$copy/#g"
  find "$copy" -type f -exec sed -i -e "$edits" {} +
  said=$(nginx -t -q -c "$copy/nginx.conf" 2>&1) && return 0
  said=${said//$copy/$NGINX}
  unsound web-server-refused "nginx -t refuses it: ${said//$'\n'/ }"
}

# version_examine VERSION FOLDER: fetches it and makes every check; PROBLEM and WORDS say the first that fails.
version_examine() {
  local name file
  # shellcheck disable=SC2034 # used by stage-configuration
  PROBLEM=''
  WORDS=sound
  mkdir -p "$2"
  version_fetch "$1" "$2" || return 1
  for name in "${FILES[@]}"; do
    file=$2/$name
    case ${FILE_KIND[$name]} in
      json) is_json "$name" "$file" || return 1 ;;
      env) is_lines "$name" "$file" '^(export[[:space:]]+)?[A-Za-z_][A-Za-z0-9_]*=' 'entry NAME=value' || return 1 ;;
      network) is_network "$name" "$file" || return 1 ;;
      certificate) is_certificate "$name" "$file" || return 1 ;;
      key) is_key "$name" "$file" "$2/${name%-key}" || return 1 ;;
    esac
  done
  web_server_takes "$2"
}

# A table of hosts has an address and names on each line; other network settings have to be there.
is_network() {
  case ${FILE_PATH[$1]} in
    */hosts) is_lines "$1" "$2" '^[[:space:]]*[0-9a-fA-F:.]+([[:space:]]+[A-Za-z0-9._-]+)+[[:space:]]*(#.*)?$' 'address with names' ;;
    *) is_lines "$1" "$2" '.' 'setting' ;;
  esac
}
