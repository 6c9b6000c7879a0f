#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/services.sh
source shared/secret.sh
source shared/files.sh
source shared/store.sh
source shared/kept.sh

# keep: copies what is in force, once for a run: a repeated call must not keep what the first one placed.
keep() {
  local name unit half
  kept_folder
  [ ! -d "$KEPT" ] || return 0
  mkdir -p "$SSM_Kept/$SSM_Run"
  # It holds private keys and secrets.
  chmod 700 "$SSM_Kept" "$SSM_Kept/$SSM_Run"
  half=$(mktemp -d "$SSM_Kept/$SSM_Run/.half.XXXXXXXX")
  : >"$half/absent"
  : >"$half/units"
  for name in "${FILES[@]}"; do
    file_place "$name"
    if [ -f "$REPLY" ]; then
      cp -p "$REPLY" "$half/$name"
    else
      printf '%s\n' "$name" >>"$half/absent"
    fi
  done
  for unit in ${UNITS[@]+"${UNITS[@]}"}; do
    unit_state "$unit"
    printf '%s %s\n' "$unit" "$REPLY" >>"$half/units"
  done
  digests_json
  printf '{"run":%s,"expires":%s,"files":%s}\n' "$(json_string "$SSM_Run")" "$(json_string "$SSM_Expires")" "$REPLY" >"$half/kept.json"
  sync -f "$half"
  mv -T "$half" "$KEPT"
}

# before_json: the digests that were kept.
before_json() {
  local name
  local -a pairs=()
  for name in "${FILES[@]}"; do
    file_digest "$name" "$KEPT/$name"
    pairs+=("$(json_string "$name"):$REPLY")
  done
  REPLY=$(json_object "${pairs[@]}")
}

# healthy: every address answers 200, twice in a row: a web server that reloads answers with its old files for a moment.
# Where there is none the application stands still, and whoever starts it asks.
healthy() {
  local attempts between attempt url answer code status in_a_row=0
  local -a urls
  attempts=$((10#$SSM_Attempts))
  between=$((10#$SSM_SecondsBetween))
  read -r -a urls <<<"$SSM_HealthUrls"
  [ ${#urls[@]} -gt 0 ] || return 0
  SAID='it was not asked'
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    sleep "$between"
    in_a_row=$((in_a_row + 1))
    for url in "${urls[@]}"; do
      code=0
      answer=$(curl -f -s -S -o /dev/null -w '\n%{http_code}' --max-time 10 "$url" 2>&1) || code=$?
      status=${answer##*$'\n'}
      if [ "$code" -ne 0 ] || [ "$status" != 200 ]; then
        in_a_row=0
        SAID="$url: status $status; ${answer%$'\n'*}"
        SAID=${SAID//$'\n'/ }
        progress "attempt $attempt of $attempts: $SAID"
        break
      fi
    done
    [ "$in_a_row" -lt 2 ] || return 0
  done
  return 1
}

# give_up CODE WORDS: puts back, then fails.
give_up() {
  progress "putting back: $2"
  put_back
  fail "$1" "$2. The files that were in force before are in force again on $(uname -n)"
}

# restart: as each file needs it. Returns 1 with SAID where a unit does not take it.
restart() {
  local unit verb
  for unit in ${UNITS[@]+"${UNITS[@]}"}; do
    verb=restart
    # One that does not run cannot reload.
    [ "${UNIT_HOW[$unit]}" = restart ] || verb=reload-or-restart
    progress "$verb $unit"
    may_start "$unit"
    if ! systemctl "$verb" "$unit"; then
      SAID="systemctl $verb $unit failed; see journalctl -u $unit"
      return 1
    fi
  done
}

main() {
  files_read
  versions_read
  secrets_read
  work_folder
  version=${VERSIONS[0]}
  [ ${#VERSIONS[@]} -eq 1 ] || fail 1 'Versions has to name the one that is to be placed'
  # It was sound when it was chosen.
  version_examine "$version" "$WORK/version" ||
    fail 1 "version $version is not sound any more: $WORDS. Nothing was changed on $(uname -n)"
  keep

  # All are written before the first is renamed: a full disk is found out while the old ones are all in force.
  declare -A prepared=()
  for name in "${FILES[@]}"; do
    file_place "$name"
    put_file "$name" "$WORK/version/$name" "$REPLY"
    prepared[$name]=$REPLY
  done
  for name in "${FILES[@]}"; do
    file_place "$name"
    mv -fT "${prepared[$name]}" "$REPLY"
  done
  progress "version $version is in place; what it replaced is in $KEPT until $SSM_Expires"

  restart || give_up 9 "$SAID"
  healthy || give_up 9 "not healthy with version $version: $SAID"

  states=()
  for unit in ${UNITS[@]+"${UNITS[@]}"}; do
    unit_was "$unit"
    was=$REPLY
    unit_state "$unit"
    [ "$REPLY" = active ] || give_up 9 "$unit is $REPLY with version $version"
    states+=("$(unit_json "$unit" "$was" "$REPLY")")
  done
  before_json
  before=$REPLY
  digests_json
  result "{\"version\":$(json_string "$version"),\"before\":$before,\"files\":$REPLY,\"services\":$(json_list ${states[@]+"${states[@]}"})}"
}
main
