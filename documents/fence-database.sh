#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh
source shared/access.sh

# fenced WHAT: runs standard input as the master. What the SQL raises as "FENCE: …" means that a writer is left: code 8.
fenced() {
  local code=0
  sql "$MASTER_USER" "$MASTER_PASSWORD" || code=$?
  [ "$code" -ne 0 ] || return 0
  if [[ $SQL_ERR == *'FENCE: '* ]]; then
    sql_message
    fail 8 "the database $SSM_Database at $PGHOST is not fenced: $REPLY"
  fi
  database_failed "$code" "$1" "the master $MASTER_USER"
}

# One statement, one transaction: a fence that would leave a way in changes nothing. Granted twice or revoked twice is
# the same as once, so the document can be repeated.
revoke_connect() {
  fenced 'revoking CONNECT' <<SQL
SET lock_timeout = '30s';
DO \$fence\$
DECLARE
  revoked text[] := '{}';
  problem text;
  one record;
BEGIN
  -- A master who came in by PUBLIC's privilege would lock itself out.
  IF NOT EXISTS (SELECT FROM $GRANTEES AS g WHERE g.grantee = session_user) THEN
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), session_user);
  END IF;
  FOR one IN SELECT g.grantee, g.role FROM $GRANTEES AS g WHERE g.grantee <> session_user ORDER BY 1 LOOP
    -- CASCADE: what a holder of the grant option passed on goes, too.
    EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM %s CASCADE', current_database(),
      CASE WHEN one.role = 0 THEN 'PUBLIC' ELSE quote_ident(one.grantee) END);
    revoked := revoked || one.grantee;
  END LOOP;
  -- REVOKE by somebody who may not only warns.
  SELECT string_agg(g.grantee, ', ') INTO problem FROM $GRANTEES AS g WHERE g.grantee <> session_user;
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'FENCE: CONNECT could not be revoked from %; nothing was changed', problem
      USING HINT = 'the master has to own the database or be a member (from PostgreSQL 16 on: WITH INHERIT TRUE) of the role that does';
  END IF;
  SELECT string_agg(format('%s (%s)', r.rolname,
      CASE WHEN r.rolsuper THEN 'a superuser' ELSE 'by a role that it is a member of' END), ', ' ORDER BY r.rolname)
    INTO problem FROM pg_roles AS r
    WHERE r.rolcanlogin AND r.rolname NOT IN (session_user, 'rdsadmin')
      AND has_database_privilege(r.oid, current_database(), 'CONNECT');
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'FENCE: these logins could connect all the same: %; nothing was changed', problem
      USING HINT = 'fence by the network, or take the membership or the superuser attribute from them';
  END IF;
  PERFORM set_config('lifeboat.revoked', to_json(revoked)::text, false);
END
\$fence\$;
SELECT current_setting('lifeboat.revoked');
SQL
}

# A revoked privilege does not end a session that is open. Answers "number of ended sessions|time".
end_sessions() {
  fenced 'ending sessions' <<SQL
SET statement_timeout = '60s';
DO \$end\$
DECLARE
  -- An idle backend ends in milliseconds; one that does not in this time is stuck and may still commit.
  deadline timestamptz := clock_timestamp() + interval '15 seconds';
  seen integer[] := '{}';
  remaining integer;
  one record;
BEGIN
  LOOP
    -- Within a transaction the list of sessions is kept as first read.
    PERFORM pg_stat_clear_snapshot();
    remaining := 0;
    FOR one IN SELECT s.pid, s.login FROM $OTHER_SESSIONS AS s LOOP
      remaining := remaining + 1;
      IF one.pid <> ALL (seen) THEN seen := seen || one.pid; END IF;
      BEGIN
        PERFORM pg_terminate_backend(one.pid);
      EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'FENCE: CONNECT is revoked, but the session % of % cannot be ended: %', one.pid, one.login, SQLERRM
          USING HINT = 'grant pg_signal_backend to the master, or end the session as its own role';
      END;
    END LOOP;
    EXIT WHEN remaining = 0;
    IF clock_timestamp() > deadline THEN
      RAISE EXCEPTION 'FENCE: CONNECT is revoked, but % session(s) do not end, the last seen is % of %', remaining, one.pid, one.login
        USING HINT = 'repeat the document, or restart the database instance';
    END IF;
    PERFORM pg_sleep(0.05);
  END LOOP;
  PERFORM set_config('lifeboat.ended', cardinality(seen)::text, false);
  -- Rounded up, since this may become the moment to restore to: RDS knows whole seconds, and cutting off the fraction
  -- would lose the last writes before the fence.
  PERFORM set_config('lifeboat.fenced_at', (date_trunc('second', clock_timestamp()) + interval '1 second')::text, false);
END
\$end\$;
SELECT current_setting('lifeboat.ended') || '|'
  || to_char(current_setting('lifeboat.fenced_at')::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"');
SQL
}

# prove_refusal ROLE=ARN: this login tries to write. Only a refusal for want of CONNECT proves the fence.
prove_refusal() {
  local code=0
  login_read "$1"
  sql "$LOGIN_ROLE" "$LOGIN_PASSWORD" <<<'SELECT pg_current_xact_id();' || code=$?
  [ "$code" -ne 0 ] ||
    fail 8 "the login $LOGIN_ROLE wrote to the database $SSM_Database at $PGHOST after CONNECT was revoked from it"
  sql_message
  if [ "$code" -eq 2 ] && ! answered; then database_failed 2 'trying a write' "$LOGIN_ROLE"; fi
  [[ $code -eq 2 && $SQL_ERR == *"permission denied for database \"$SSM_Database\""* ]] ||
    fail 8 "the login $LOGIN_ROLE was refused by the database $SSM_Database at $PGHOST, but for another reason than the fence, which proves nothing: $REPLY. Where its password is wrong, correct the secret ${1#*=} and repeat"
}

main() {
  master_open
  revoke_connect
  revoked=$SQL_OUT
  end_sessions
  ended=${SQL_OUT%|*}

  refusals=()
  read -r -a logins <<<"$SSM_Logins"
  for login in "${logins[@]}"; do
    prove_refusal "$login"
    refusals+=("{\"role\":$(json_string "$LOGIN_ROLE"),\"message\":$(json_string "$REPLY")}")
    progress "$LOGIN_ROLE is refused"
  done

  # Once more: a session that was just being let in while CONNECT was revoked shows only now.
  end_sessions
  ended=$((ended + ${SQL_OUT%|*}))
  fenced_at=${SQL_OUT#*|}
  master 'waiting for the second to pass' <<SQL
DO \$wait\$
BEGIN
  PERFORM pg_sleep(greatest(0, extract(epoch FROM timestamptz '$fenced_at' - clock_timestamp())));
END
\$wait\$;
SQL

  result "{\"fencedAt\":\"$fenced_at\",\"endedSessions\":$ended,\"revoked\":$revoked,\"refusals\":$(json_list "${refusals[@]}")}"
}
main
