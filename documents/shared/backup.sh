# Backup files of a self-hosted database, and the server's own facts. Needs common, secret and database.

# maintenance: the following sessions work in the database `postgres`, since nobody may be in one that is renamed or made.
maintenance() { export PGDATABASE=postgres; }

# server_facts: SERVER_MAJOR, DATA_FOLDER, PRESENT (yes or no) and DATABASE_MEGABYTES of the database; needs a session.
server_facts() {
  local rest
  master 'reading the server' \
    'The master has to see data_directory and the size of the database: make it a superuser or a member of pg_monitor' <<SQL
$(setting database "$SSM_Database")
SELECT current_setting('server_version_num')::integer / 10000 || '|' || CASE WHEN d.oid IS NULL THEN 'no' ELSE 'yes' END || '|'
    || coalesce(pg_database_size(d.oid) / 1048576, 0) || '|' || current_setting('data_directory')
  FROM (SELECT current_setting('lifeboat.database') AS name) AS wanted LEFT JOIN pg_database AS d ON d.datname = wanted.name;
SQL
  rest=$SQL_OUT
  SERVER_MAJOR=${rest%%|*}
  rest=${rest#*|}
  # shellcheck disable=SC2034 # not every document asks
  PRESENT=${rest%%|*}
  rest=${rest#*|}
  # shellcheck disable=SC2034
  DATABASE_MEGABYTES=${rest%%|*}
  # shellcheck disable=SC2034
  DATA_FOLDER=${rest#*|}
}

# require_tools TOOL…: each is there, and of the server's major version: a client of another one is not to be trusted with a dump.
require_tools() {
  local tool version
  for tool in "$@"; do
    version=$("$tool" --version 2>/dev/null) || version=''
    [[ $version =~ \(PostgreSQL\)\ ([0-9]+) ]] ||
      fail 41 "there is no $tool on $(uname -n); install PostgreSQL's client programs of the major version $SERVER_MAJOR (Debian: postgresql-client-$SERVER_MAJOR)"
    [ "${BASH_REMATCH[1]}" = "$SERVER_MAJOR" ] ||
      fail 41 "$tool on $(uname -n) is of the major version ${BASH_REMATCH[1]}, the server at $PGHOST of $SERVER_MAJOR; install postgresql-client-$SERVER_MAJOR"
  done
}

# free_megabytes FOLDER: in REPLY; FREE_DEVICE is what it lies on.
free_megabytes() {
  local line
  line=$(df -Pm -- "$1" | tail -n 1) ||
    fail 1 "the free space of $1 cannot be read on $(uname -n); the documents of a self-hosted database have to run on its own host"
  # shellcheck disable=SC2034 # not every document asks
  read -r FREE_DEVICE _ _ REPLY _ <<<"$line"
}

# backup_format FILE: plain (pg_dump's SQL, gzipped), custom or directory in REPLY; returns 1 where it is none.
backup_format() {
  if [ -d "$1" ]; then
    REPLY=directory
    [ -f "$1/toc.dat" ]
  elif [ "$(head -c 2 -- "$1" | od -An -v -tx1 | tr -d ' \n')" = 1f8b ]; then
    REPLY=plain
  elif [ "$(head -c 5 -- "$1" | od -An -v -tx1 | tr -d ' \n')" = 5047444d50 ]; then # PGDMP
    REPLY=custom
  else
    REPLY=unknown
    return 1
  fi
}

# backup_sql FORMAT FILE: the backup as SQL.
backup_sql() {
  if [ "$1" = plain ]; then gzip -dc -- "$2"; else pg_restore -f - -- "$2"; fi
}

# sound_backup FILE: reads a backup to its end. Sets BACKUP_FORMAT, BACKUP_MAJOR, BACKUP_BYTES, PLAIN_BYTES; returns 1 with the reason
# in REPLY. A file that is cut off fails in gzip or pg_restore, or lacks the line with which pg_dump ends. The outline alone
# (pg_restore --list) says nothing of the data behind it.
sound_backup() {
  local facts complete connects
  work_folder
  if ! backup_format "$1"; then
    REPLY='it is neither a gzipped dump nor one of pg_dump in its custom or directory format (an unfinished one has no toc.dat)'
    return 1
  fi
  BACKUP_FORMAT=$REPLY
  if [ "$BACKUP_FORMAT" != plain ] && ! pg_restore --list -- "$1" >"$WORK/list" 2>"$WORK/words"; then
    REPLY="pg_restore does not read its list: $(head -n 1 "$WORK/words")"
    # shellcheck disable=SC2034 # the caller tells a dump of a newer major version from a broken one
    [[ $REPLY == *'unsupported version'* ]] && BACKUP_MAJOR=newer
    return 1
  fi
  facts=$(backup_sql "$BACKUP_FORMAT" "$1" 2>"$WORK/words" | awk '
    NR < 40 && $1 == "--" && $2 == "Dumped" && $3 == "from" { major = int($6) }
    /^\\(connect|c) / { connects = 1 }
    /^-- PostgreSQL database dump complete/ { complete = NR }
    { bytes += length($0) + 1 }
    END { printf "%d %.0f %d %d\n", major, bytes, connects, (complete > 0 && NR - complete < 12) }') || {
    REPLY="it cannot be read to its end: $(head -n 1 "$WORK/words")"
    return 1
  }
  # shellcheck disable=SC2034 # not every document asks
  read -r BACKUP_MAJOR PLAIN_BYTES connects complete <<<"$facts"
  if [ "$complete" -eq 0 ]; then
    REPLY='it does not end with "PostgreSQL database dump complete": it was cut off'
    return 1
  fi
  if [ "$connects" -ne 0 ]; then
    REPLY='it connects to a database by itself (pg_dump --create), so it cannot be restored beside another one'
    return 1
  fi
  if [ "$BACKUP_MAJOR" -eq 0 ]; then
    REPLY='it does not say of which version the server was'
    return 1
  fi
  if [ -d "$1" ]; then facts=$(du -sb -- "$1"); else facts=$(stat -c %s -- "$1"); fi
  # shellcheck disable=SC2034 # not every document asks
  BACKUP_BYTES=${facts%%[[:space:]]*}
}

# finished_at FILE: when it was written last, in REPLY as seconds since the epoch, rounded up: what is in it is not younger.
finished_at() {
  local newest
  newest=$(find "$1" -printf '%T@\n' | sort -rn | head -n 1)
  REPLY=${newest%%.*}
  [[ $newest =~ \.0*$ ]] || REPLY=$((REPLY + 1))
}

instant_of() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }
