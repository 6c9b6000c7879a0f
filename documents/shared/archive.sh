# Archives of the files below Folder, as `tar -C Folder -czf files_<when>.tar.gz .` makes them. Needs common.

# archive_tools: what reading and unpacking one needs is there.
archive_tools() {
  local tool
  for tool in tar gzip awk df find; do
    command -v "$tool" >/dev/null || fail 1 "$(uname -n) has no $tool; install it. Nothing was changed"
  done
  [ -d "$SSM_Folder" ] || fail 1 "there is no folder $SSM_Folder on $(uname -n); correct volume.mountPoint in the description"
}

# archive_examine FILE: reads an archive to its end. Sets ARCHIVE_FILES and ARCHIVE_BYTES, as unpacked; returns 1 with the
# reason in REPLY. One that is cut off fails in gzip or tar; one of a folder in which nothing was mounted has no application.
archive_examine() {
  local facts found bad serving=''
  work_folder
  [ "${SSM_Serving#"$SSM_Folder"/}" = "$SSM_Serving" ] || serving=${SSM_Serving#"$SSM_Folder"/}
  facts=$(gzip -dc -- "$1" 2>"$WORK/words" | tar -tvf - --numeric-owner 2>>"$WORK/words" | awk -v serving="$serving" '
    {
      kind = substr($1, 1, 1)
      bytes += $3 + 4096
      name = $0
      sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ /, "", name)
      if (kind == "l") sub(/ -> .*$/, "", name)
      if (kind == "h") sub(/ link to .*$/, "", name)
      sub(/^\.\//, "", name)
      if (name ~ /^\// || name ~ /(^|\/)\.\.(\/|$)/) bad = name
      sub(/\/$/, "", name)
      if (serving == "" || name == serving) found = 1
      entries += 1
    }
    END { printf "%d %.0f %d %s\n", entries, bytes, found, bad }') || {
    REPLY="it cannot be read to its end: $(head -n 1 "$WORK/words")"
    return 1
  }
  # shellcheck disable=SC2034 # not every document asks
  read -r ARCHIVE_FILES ARCHIVE_BYTES found bad <<<"$facts"
  if [ -n "$bad" ]; then
    REPLY="it has the entry $bad, which leads out of the folder"
    return 1
  fi
  if [ "$found" -eq 0 ]; then
    REPLY="$serving is not in it: it was not made by tar -C ${SSM_Folder} -czf … ., or while nothing was mounted there"
    return 1
  fi
  if [ -f "$1.sha256" ]; then
    read -r facts _ <"$1.sha256"
    found=$(sha256sum <"$1")
    if [ "${found%% *}" != "$facts" ]; then
      REPLY="its SHA-256 is ${found%% *}, ${1##*/}.sha256 says $facts"
      return 1
    fi
  fi
}

# archive_fetch KEY VERSION FILE: a version of an object of the bucket, by this host's role. Returns 1 with the reason in REPLY.
archive_fetch() {
  AWS_PAGER='' aws s3api get-object --region "$SSM_Region" --bucket "$SSM_Bucket" --key "$1" --version-id "$2" "$3" >/dev/null && return 0
  REPLY="s3://$SSM_Bucket/$1, version $2, cannot be read: the aws command's message is above. The host's instance role needs s3:GetObjectVersion on it"
  return 1
}

# folder_room: KiB that the files below Folder may still take, in REPLY; what its disk has in use is in USED_KIB.
folder_room() {
  local line
  line=$(df -Pk -- "$SSM_Folder" | tail -n 1) || fail 1 "the free space of $SSM_Folder cannot be read on $(uname -n)"
  # shellcheck disable=SC2034 # not every document asks
  read -r _ _ USED_KIB REPLY _ <<<"$line"
}

# needed_room BYTES: KiB that unpacking so much wants, with air, in REPLY.
needed_room() { REPLY=$(($1 * 11 / 10240 + 16384)); }
