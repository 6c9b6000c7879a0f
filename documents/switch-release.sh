#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/services.sh
source shared/release.sh

# link_to NAME: rename(2) puts the new link in the old one's place; there is no moment without one.
link_to() {
  rm -f "$SSM_Folder.lifeboat-new"
  ln -s --relative "$SSM_Releases/$1" "$SSM_Folder.lifeboat-new"
  mv -T "$SSM_Folder.lifeboat-new" "$SSM_Folder"
}

# serves_well: the units restarted, the health address at 200, and the same processes a moment later. In WHY what is wrong.
serves_well() {
  local unit attempt answer
  pids=()
  for unit in "${units[@]}"; do
    may_start "$unit"
    systemctl restart "$unit" || {
      WHY="systemctl could not restart $unit"
      return 1
    }
  done
  WHY="$SSM_HealthUrl was not asked"
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    answer=$(curl -f -s -S -o /dev/null -w '\n%{http_code}' --max-time 10 "$SSM_HealthUrl" 2>&1) || :
    WHY="$SSM_HealthUrl did not answer 200 in $attempt attempts, the last answer: ${answer//$'\n'/ }"
    [ "${answer##*$'\n'}" != 200 ] || break
    ((attempt == attempts)) || sleep "$between"
  done
  [ "${answer##*$'\n'}" = 200 ] || return 1
  # One that dies and is started again by Restart= answers in between.
  for unit in "${units[@]}"; do
    unit_pid "$unit"
    pids+=("$REPLY")
  done
  sleep 2
  for unit in "${!units[@]}"; do
    unit_pid "${units[unit]}"
    WHY="${units[unit]} died within 2 s after it had answered"
    [ "$REPLY" = "${pids[unit]}" ] && [ "$REPLY" != 0 ] || return 1
  done
  WHY=''
}

main() {
  attempts=$((10#$SSM_Attempts))
  between=$((10#$SSM_SecondsBetween))
  ((attempts > 0)) || fail 1 "Attempts is 0; it has to be at least 1"
  read -r -a units <<<"$SSM_Services"
  require_units "${units[@]}"
  release_serving
  was=$SERVING_NAME
  [ -d "$SSM_Releases/$SSM_Target" ] ||
    fail 30 "there is no release in $SSM_Releases/$SSM_Target on $(uname -n); nothing was changed"
  if [ -f "$SSM_Releases/.$SSM_Target.sha256" ]; then
    (cd "$SSM_Releases/$SSM_Target" && sha256sum --quiet --check "../.$SSM_Target.sha256" >&2) ||
      fail 1 "the files of $SSM_Releases/$SSM_Target on $(uname -n) are not those that were built; nothing was changed"
  fi

  healthy=true
  restarted=true
  # A second call for what is done already disturbs nobody.
  if [ "$was" = "$SSM_Target" ] && curl -f -s -o /dev/null --max-time 10 "$SSM_HealthUrl" >/dev/null 2>&1; then
    restarted=false
  else
    [ "$was" = "$SSM_Target" ] || link_to "$SSM_Target"
    serves_well || healthy=false
  fi

  if [ "$healthy" = false ] && [ "$SSM_RequireHealth" = yes ]; then
    why=$WHY
    [ "$was" != "$SSM_Target" ] || fail 9 "$SSM_Target on $(uname -n) serves already and is not healthy: $why"
    progress "$SSM_Target does not serve: $why; back to $was"
    link_to "$was"
    if serves_well; then
      fail 9 "$SSM_Target on $(uname -n) did not become healthy: $why. The host was put back: it serves $was and is healthy"
    fi
    fail 9 "$SSM_Target on $(uname -n) did not become healthy: $why. The host was put back to $was, which does not become healthy either: $WHY"
  fi
  result "{\"was\":$(json_string "$was"),\"is\":$(json_string "$SSM_Target"),\"healthy\":$healthy,\"restarted\":$restarted}"
}
main
