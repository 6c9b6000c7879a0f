# Two questions as SQL, so that inspecting, fencing and opening mean the same. (Temporary functions would be a write, and
# need a privilege that a master may not have.)

# Who holds CONNECT on this database. No privileges recorded (null) means PostgreSQL's default.
# shellcheck disable=SC2034 # used by the documents
GRANTEES="(
  SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(a.grantee)::text END AS grantee, a.grantee AS role
    FROM pg_database AS d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a
    WHERE d.datname = current_database() AND a.privilege_type = 'CONNECT')"

# Sessions in this database that could write, apart from this one. Vacuum workers have no user; WAL senders only read;
# rdsadmin is Amazon's own superuser, which nobody can end or keep out. A null type is one hidden from this login.
# shellcheck disable=SC2034
OTHER_SESSIONS="(
  SELECT s.pid, s.usename::text AS login FROM pg_stat_activity AS s
    WHERE s.datname = current_database() AND s.pid <> pg_backend_pid() AND s.usesysid IS NOT NULL
      AND s.usename <> 'rdsadmin'
      AND coalesce(s.backend_type, 'client backend') NOT IN ('walsender', 'parallel worker', 'autovacuum worker'))"
