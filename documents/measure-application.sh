#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh

# asked NAME URL: one request; its status in REPLY, its body in $WORK/NAME, curl's words in $WORK/NAME.error.
asked() {
  REPLY=$(curl -s -S -o "$WORK/$1" -w '%{http_code}' --max-time 10 "$2" 2>"$WORK/$1.error") || REPLY=000
  [ -e "$WORK/$1" ] || : >"$WORK/$1"
}

# body_of NAME LIMIT: what was answered, as a JSON string.
body_of() {
  local text
  text=$(tr -d '\000' <"$WORK/$1" | head -c "$2")
  json_string "$text"
}

# metrics NAME: the metrics as they are, as a JSON string, or null.
metrics() {
  asked "$1" "$SSM_MetricsUrl"
  if [ "$REPLY" = 200 ]; then
    REPLY=$(body_of "$1" 6000)
  else
    problem="$SSM_MetricsUrl answered $REPLY$(tr '\n' ' ' <"$WORK/$1.error" | head -c 200)"
    REPLY=null
  fi
}

main() {
  # 10#: a leading zero is not octal.
  requests=$((10#$SSM_Requests))
  ((requests >= 1 && requests <= 500)) || fail 1 "Requests is $requests; it has to be from 1 to 500"
  work_folder
  problem=''

  asked health "$SSM_HealthUrl"
  status=$REPLY
  metrics before
  before=$REPLY

  # One curl for all of them: starting a program for each would be what is measured.
  each=()
  for ((at = 0; at < requests; at++)); do each+=(-o /dev/null "$SSM_HealthUrl"); done
  curl -s -w '%{http_code} %{time_total}\n' --max-time 10 "${each[@]}" >"$WORK/times" || true
  times=()
  failed=0
  while read -r code seconds; do
    [ "$code" = 200 ] || failed=$((failed + 1))
    # 0.001234 is 1 ms; older curls write three digits.
    fraction=${seconds#*.}000
    times+=("$((10#${seconds%%.*} * 1000 + 10#${fraction:0:3}))")
  done <"$WORK/times"
  # One that curl gave up on before it was asked was not answered either.
  failed=$((failed + requests - ${#times[@]}))

  metrics after
  after=$REPLY
  result "{\"health\":{\"status\":$((10#$status)),\"body\":$(body_of health 600)},\"requests\":$requests,\"failed\":$failed,\"milliseconds\":$(json_list ${times[@]+"${times[@]}"}),\"metrics\":{\"before\":$before,\"after\":$after,\"problem\":$(json_string "$problem")}}"
}
main
