#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/archive.sh
source shared/disk.sh

# Reading one takes as long as it is big; hosts of one application have theirs of about the same moments.
SOUND_WANTED=2

# note NAME TAKEN-AT FILE: examines it; what is known of it as JSON in REPLY. TAKEN-AT is JSON.
note() {
  local problem=null
  ARCHIVE_FILES=0
  ARCHIVE_BYTES=0
  if archive_examine "$3"; then
    sound=$((sound + 1))
  else
    problem=$(json_string "$REPLY")
    progress "$1: $REPLY"
  fi
  REPLY="{\"name\":$(json_string "$1"),\"takenAt\":$2,\"bytes\":$(stat -c %s -- "$3"),\"files\":$ARCHIVE_FILES,\"unpackedBytes\":$ARCHIVE_BYTES,\"problem\":$problem}"
}

in_the_bucket() {
  local object key wanted
  read -r -a wanted <<<"$SSM_Objects"
  sound=0
  for object in ${wanted[@]+"${wanted[@]}"}; do
    key=${object%%=*}
    if archive_fetch "$key" "${object#*=}" "$WORK/archive"; then
      note "$key" null "$WORK/archive"
    else
      REPLY="{\"name\":$(json_string "$key"),\"takenAt\":null,\"bytes\":0,\"files\":0,\"unpackedBytes\":0,\"problem\":$(json_string "$REPLY")}"
    fi
    objects+=("$REPLY")
    rm -f "$WORK/archive"
    [ "$sound" -eq 0 ] || return 0
  done
}

in_the_folder() {
  local path taken last='' newest
  sound=0
  [ -z "$SSM_NotAfter" ] || last=$(date -u -d "$SSM_NotAfter" +%s)
  [ -d "$SSM_BackupFolder" ] || return 0
  while IFS= read -r path; do
    # When it was finished, rounded up: what is in it is not younger.
    newest=$(find "$path" -printf '%T@\n')
    taken=${newest%%.*}
    [[ $newest =~ \.0*$ ]] || taken=$((taken + 1))
    printf '%s %s\n' "$taken" "$path" >>"$WORK/found"
  done < <(find "$SSM_BackupFolder" -mindepth 1 -maxdepth 1 -type f -regextype posix-extended \
    -regex '.*/files_[A-Za-z0-9._-]{1,113}\.tar\.gz')
  [ -f "$WORK/found" ] || return 0
  while read -r taken path; do
    if [ -n "$SSM_OnlyBackup" ]; then
      [ "${path##*/}" = "$SSM_OnlyBackup" ] || continue
    elif [ -n "$last" ] && ((taken > last)); then
      continue
    fi
    note "${path##*/}" "\"$(date -u -d "@$taken" +%Y-%m-%dT%H:%M:%SZ)\"" "$path"
    archives+=("$REPLY")
    ((sound < SOUND_WANTED)) || break
  done < <(sort -rn "$WORK/found")
}

main() {
  archives=()
  objects=()
  archive_tools
  work_folder
  folder_room
  free=$REPLY
  in_the_folder
  in_the_bucket
  disk_of_group "$SSM_VolumeGroup"
  disk=null
  [ -z "$REPLY" ] || disk=$(json_string "$REPLY")
  result "{\"disk\":$disk,\"freeMegabytes\":$((free / 1024)),\"usedMegabytes\":$((USED_KIB / 1024)),\"archives\":$(json_list ${archives[@]+"${archives[@]}"}),\"objects\":$(json_list ${objects[@]+"${objects[@]}"})}"
}
main
