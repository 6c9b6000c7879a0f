# The database over libpq's environment variables. Needs common and secret.

# connect_at NAME: the following sessions connect to NAME, and check the certificate (verify-full) against Address: the
# name by which the application knows the database.
connect_at() {
  local addresses
  addresses=$(getent ahosts "$1") ||
    fail 7 "the name $1 of the database does not resolve on $(uname -n)"
  # Settings of the host's own user must not steer what a recovery does.
  unset PGOPTIONS PGSERVICE PGSERVICEFILE PGPASSFILE PGSSLCERT PGSSLKEY PGSSLCRL PGREQUIREPEER PGTARGETSESSIONATTRS
  unset PGSSLROOTCERT # libpq checks the chain even for `require` where this is set
  export PGHOST=$SSM_Address PGHOSTADDR=${addresses%%[[:space:]]*} PGPORT=$SSM_Port PGDATABASE=$SSM_Database
  export PGSSLMODE=$SSM_SslMode PGCONNECT_TIMEOUT=10 PGAPPNAME=lifeboat
  if [ "$SSM_SslMode" != require ]; then
    [ -r "$SSM_CaFile" ] ||
      fail 1 "the file with the certificate authorities, $SSM_CaFile, cannot be read on $(uname -n); $SSM_SslMode needs it. Install it, or correct database.caFile in the description"
    export PGSSLROOTCERT=$SSM_CaFile
  fi
  work_folder
}

# sql USER PASSWORD: runs standard input. Sets SQL_OUT and SQL_ERR, returns psql's code (2: no connection, or lost).
# The password is in psql's environment only, which its own user and root alone can read. Everything of PostgreSQL's own
# is looked up in pg_catalog: an application's role must not be able to put a function of its own under the master.
sql() {
  local code=0
  # shellcheck disable=SC2034 # not every document has an answer to read
  SQL_OUT=$({ echo 'SET search_path = pg_catalog, pg_temp;' && cat; } |
    PGUSER=$1 PGPASSWORD=$2 psql -X -q -A -t -v ON_ERROR_STOP=1 -f - 2>"$WORK/stderr") || code=$?
  SQL_ERR=$(<"$WORK/stderr")
  return "$code"
}

# The server's words without the excerpt of the statement (`LINE 1: …`), which could hold a password's verifier.
sql_message() {
  local line message=''
  while IFS= read -r line; do
    case $line in
      *ERROR:* | *FATAL:* | *DETAIL:* | *HINT:* | 'psql: error:'* | *Is\ the\ server\ running*) message+=${message:+; }${line#psql:<stdin>:} ;;
    esac
  done <<<"$SQL_ERR"
  REPLY=${message:-psql said nothing}
}

# Whether what psql said came from a server that was reached and refused this login, by libpq's and the server's words.
answered() {
  case $SQL_ERR in
    *'authentication failed'* | *'no pg_hba.conf entry'* | *'permission denied for database'* | *' does not exist'* | \
      *'not permitted to log in'* | *certificate* | *'not support SSL'* | *'no password supplied'*) return 0 ;;
  esac
  return 1
}

# database_failed CODE WHAT LOGIN [ADVICE]: ends the document after sql returned CODE.
database_failed() {
  sql_message
  if [ "$1" -eq 2 ]; then
    answered ||
      fail 7 "the database $SSM_Database at $PGHOST ($PGHOSTADDR) port $PGPORT cannot be reached from $(uname -n): $REPLY"
    fail 1 "$2: the database at $PGHOST ($PGHOSTADDR) answers, but does not let $3 in: $REPLY. ${4-}"
  fi
  fail 1 "$2 failed as $3 in the database $SSM_Database at $PGHOST ($PGHOSTADDR): $REPLY. ${4-}"
}

# master_open: reads the master's secret once and points at Address.
master_open() {
  secret_read "$SSM_MasterSecretArn"
  MASTER_USER=$SECRET_USERNAME
  MASTER_PASSWORD=$SECRET_PASSWORD
  connect_at "$SSM_Address"
}

# master WHAT [ADVICE]: runs standard input as the master, or ends the document.
master() {
  local code=0
  sql "$MASTER_USER" "$MASTER_PASSWORD" || code=$?
  [ "$code" -eq 0 ] || database_failed "$code" "$1" "the master $MASTER_USER" "${2-}"
}

# login_read ROLE=ARN: sets LOGIN_ROLE and, from the secret, LOGIN_PASSWORD.
login_read() {
  LOGIN_ROLE=${1%%=*}
  secret_read "${1#*=}"
  [ "$SECRET_USERNAME" = "$LOGIN_ROLE" ] ||
    fail 1 "the secret ${1#*=} is of the user $SECRET_USERNAME, not of $LOGIN_ROLE; correct database.logins in the description"
  # shellcheck disable=SC2034 # used by the documents that have logins
  LOGIN_PASSWORD=$SECRET_PASSWORD
}

# sql_literal TEXT: TEXT quoted for SQL, whatever standard_conforming_strings says.
sql_literal() {
  local text=$1 quote="'"
  text=${text//\\/\\\\}
  printf "E'%s'" "${text//$quote/$quote$quote}"
}

# setting NAME TEXT: how a value enters a DO block, which takes no parameters.
setting() { printf 'SET lifeboat.%s = %s;\n' "$1" "$(sql_literal "$2")"; }
