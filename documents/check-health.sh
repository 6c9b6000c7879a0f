#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh

main() {
  # 10#: a leading zero is not octal.
  attempts=$((10#$SSM_Attempts))
  between=$((10#$SSM_SecondsBetween))
  ((attempts > 0)) || fail 1 "Attempts is 0; it has to be at least 1"

  status=000
  reason=''
  SECONDS=0
  for ((attempt = 1; attempt <= attempts; attempt++)); do
    code=0
    # Standard error goes into `answer` as well: curl's reason is part of the sentence at the end.
    answer=$(curl -f -s -S -o /dev/null -w '\n%{http_code}' --max-time 10 "$SSM_HealthUrl" 2>&1) || code=$?
    status=${answer##*$'\n'}
    reason=${answer%$'\n'*}
    reason=${reason//$'\n'/ }
    # A redirect is no error for curl, but it is not the health address's answer.
    if [ "$code" -eq 0 ] && [ "$status" = 200 ]; then
      result "{\"status\":200,\"attempts\":$attempt,\"seconds\":$SECONDS}"
      exit 0
    fi
    progress "attempt $attempt of $attempts: status $status; $reason"
    ((attempt == attempts)) || sleep "$between"
  done
  fail 9 "$SSM_HealthUrl on $(uname -n) did not answer 200 in $attempts attempts over $SECONDS s; the last status was $status; $reason"
}
main
