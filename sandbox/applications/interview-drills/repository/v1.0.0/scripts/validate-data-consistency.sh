#!/bin/bash
# Prints one line of JSON and fails where the data contradicts itself.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${PGHOST-}" ]; then exec node "$root/scripts/with-database.js" "$root/scripts/validate-data-consistency.sh" "$@"; fi

result=$(
  psql -X -q -A -t -F ' ' -v ON_ERROR_STOP=1 -f - <<'SQL'
SELECT (SELECT count(*) FROM users),
  (SELECT count(*) FROM questions),
  (SELECT count(*) FROM evaluations),
  (SELECT count(*) FROM evaluations e WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = e.user_id)),
  (SELECT count(*) FROM evaluations e WHERE NOT EXISTS (SELECT FROM questions q WHERE q.id = e.question_id)),
  (SELECT count(*) FROM evaluations WHERE score NOT BETWEEN 0 AND 100),
  (SELECT count(*) FROM evaluations WHERE created_at > now() + interval '1 minute');
SQL
)
read -r users questions evaluations without_user without_question bad_score future <<<"$result"
consistent=true
if [ $((without_user + without_question + bad_score + future)) -gt 0 ]; then consistent=false; fi
printf '{"consistent":%s,"users":%d,"questions":%d,"evaluations":%d,"withoutUser":%d,"withoutQuestion":%d,"badScore":%d,"future":%d}\n' \
  "$consistent" "$users" "$questions" "$evaluations" "$without_user" "$without_question" "$bad_score" "$future"
[ "$consistent" = true ]
