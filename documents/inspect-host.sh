#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/services.sh

main() {
  # What the other documents call, beyond the shell itself.
  tools=(aws psql curl getent systemctl openssl sha256sum base64 od mktemp sudo)

  [ -d "$SSM_Folder" ] ||
    fail 1 "the application's folder $SSM_Folder does not exist on $(uname -n); correct hosts.folder in the description"

  missing=()
  for tool in "${tools[@]}"; do
    command -v "$tool" >/dev/null || missing+=("$(json_string "$tool")")
  done

  # As align-logins calls it (shared/scram.sh): openssl before 1.1.1 has no -pbkdf2.
  if command -v openssl >/dev/null; then
    derived=$(openssl enc -aes-256-cbc -pbkdf2 -iter 1 -md sha256 -S 0011223344556677 -P -pass stdin <<<probe 2>&1) || derived=''
    [[ $derived =~ key\ *=\ *[0-9A-Fa-f]{64} ]] || missing+=("$(json_string 'openssl with -pbkdf2')")
  fi

  services=()
  read -r -a units <<<"$SSM_Services"
  for unit in "${units[@]}"; do
    unit_state "$unit"
    [ "$(systemctl show -p LoadState --value "$unit")" != not-found ] || REPLY=not-found
    services+=("$(json_string "$unit"):$(json_string "$REPLY")")
  done

  # The folder belongs to the application's user: without safe.directory git refuses it to root.
  release=unknown
  if command -v git >/dev/null; then
    # The folder may be a link to a release's own folder; safe.directory wants the name behind the link.
    real=$(readlink -f "$SSM_Folder")
    release=$(git -c "safe.directory=$real" -C "$real" describe --tags --always 2>/dev/null) || release=unknown
  fi

  free=$(df -Pm "$SSM_Folder" | tail -n 1)
  read -r _ _ _ free _ <<<"$free"

  list=$(json_list ${services[@]+"${services[@]}"})
  result "{\"services\":{${list:1:${#list}-2}},\"release\":$(json_string "$release"),\"freeMegabytes\":$free,\"missingTools\":$(json_list ${missing[@]+"${missing[@]}"})}"
}
main
