#!/usr/bin/env bash
set -euo pipefail
source shared/common.sh
source shared/secret.sh
source shared/database.sh

# table_named EXPRESSION: SQL of the table of that name; one in public wins.
table_named() {
  printf '%s' "(SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relname = $1 AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY n.nspname <> 'public', n.nspname LIMIT 1)"
}

# look: SQL of one look, in one snapshot over all tables. With lifeboat.first empty it is the first look and its figures
# are the answer; otherwise it adds the second look's figures to the first's.
# - Checksum: the sum of a 64-bit hash a row, so it needs no order. PostgreSQL keeps hashtextextended as it is between
#   major versions (hash-partitioned tables survive pg_upgrade); COLLATE "C" makes it one of bytes. A row as text tells
#   NULL from '', and the settings below make that text the same everywhere.
# - Keys are compared in the order of their type; texts by bytes, since a collation's order changes with its library. The
#   highest is figures by ORDER BY, since max(uuid) comes with PostgreSQL 18 only.
look() {
  cat <<SQL
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
-- Where the agent kills this script, the look must not go on in the server: from PostgreSQL 14 on it notices that nobody
-- listens any more, and in any case its time is limited.
DO \$watch\$ BEGIN
  IF current_setting('server_version_num')::integer >= 140000 THEN
    PERFORM set_config('client_connection_check_interval', '5s', true);
  END IF;
END \$watch\$;
SET LOCAL statement_timeout = '${SSM_StatementTimeoutSeconds:-600}s';
SET LOCAL lock_timeout = '10s';
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1;
-- An error rather than figures of the rows that a policy lets through.
SET LOCAL row_security = off;
DO \$look\$
DECLARE
  first jsonb := nullif(current_setting('lifeboat.first'), '')::jsonb;
  measured jsonb := '[]';
  measure jsonb;
  moment timestamptz;
  version text;
  item text;
  spec text[];
  rule text;
  parts text[];
  range_rule text;
  relation regclass;
  other regclass;
  key_type text;
  key text;
  row_hash text;
  known_through text;
  through text;
  figures record;
  broken bigint;
  orphans bigint;
BEGIN
  -- This takes the snapshot and then reads the clock: all that is visible below was committed before.
  SELECT clock_timestamp() INTO moment;

  IF first IS NULL THEN
    parts := string_to_array(current_setting('lifeboat.schema_version'), '.');
    relation := $(table_named 'parts[1]');
    IF relation IS NULL THEN
      RAISE EXCEPTION 'the table % with the version of the schema is missing in %', parts[1], current_database();
    END IF;
    EXECUTE format('SELECT %1\$I::text FROM %2\$s ORDER BY %1\$I DESC NULLS LAST LIMIT 1', parts[2], relation) INTO version;
  END IF;

  FOREACH item IN ARRAY string_to_array(current_setting('lifeboat.checks'), ' ') LOOP
    parts := string_to_array(item, '|');
    spec := string_to_array(parts[1], ':');
    IF cardinality(spec) < 3 OR spec[1] = '' OR spec[2] = '' THEN
      RAISE EXCEPTION 'the check "%" should be table:key:columns[:known through][|rule]', item;
    END IF;
    -- A known key may contain colons itself (a time).
    known_through := nullif(array_to_string(spec[4:], ':'), '');
    relation := $(table_named 'spec[1]');
    IF relation IS NULL THEN
      RAISE EXCEPTION 'the table % is missing in %', spec[1], current_database();
    END IF;
    SELECT format_type(a.atttypid, -1), format('t.%I', a.attname) || CASE WHEN a.attcollation = 0 THEN '' ELSE ' COLLATE "C"' END
      INTO key_type, key
      FROM pg_attribute AS a WHERE a.attrelid = relation AND a.attname = spec[2] AND a.attnum > 0 AND NOT a.attisdropped;
    IF key_type IS NULL THEN
      RAISE EXCEPTION 'the table % has no column % to be its key', spec[1], spec[2];
    END IF;
    SELECT format('hashtextextended(ROW(%s)::text COLLATE "C", 0)', string_agg(format('t.%I', c), ', ' ORDER BY n)) INTO row_hash
      FROM unnest(spec[2] || string_to_array(spec[3], ',')) WITH ORDINALITY AS u (c, n);

    IF first IS NULL THEN
      EXECUTE format('SELECT (%s)::text FROM %s AS t ORDER BY %s DESC NULLS LAST LIMIT 1', format('t.%I', spec[2]), relation, key)
        INTO through;
    ELSE
      measure := first -> 'tables' -> jsonb_array_length(measured);
      through := measure ->> 'through';
    END IF;

    range_rule := 'false';
    orphans := 0;
    IF first IS NULL THEN
      FOREACH rule IN ARRAY parts[2:] LOOP
        IF rule ~ '^range=[A-Za-z0-9_]+>-?[0-9]+[.][.]-?[0-9]+\$' THEN
          spec := regexp_match(rule, '^range=(.+)>(-?[0-9]+)[.][.](-?[0-9]+)\$');
          range_rule := format('(%s) OR t.%I < %s OR t.%I > %s', range_rule, spec[1], spec[2], spec[1], spec[3]);
        ELSIF rule ~ '^references=[A-Za-z0-9_]+>[A-Za-z0-9_]+[.][A-Za-z0-9_]+\$' THEN
          spec := regexp_match(rule, '^references=(.+)>(.+)[.](.+)\$');
          other := $(table_named 'spec[2]');
          IF other IS NULL THEN
            RAISE EXCEPTION 'the table %, which % refers to, is missing in %', spec[2], relation, current_database();
          END IF;
          -- NULL refers to nothing and breaks nothing, as for a foreign key.
          EXECUTE format('SELECT count(*) FROM %s AS t WHERE t.%I IS NOT NULL AND NOT EXISTS (SELECT FROM %s AS p WHERE p.%I = t.%I)',
            relation, spec[1], other, spec[3], spec[1]) INTO broken;
          orphans := orphans + broken;
        ELSE
          RAISE EXCEPTION 'the rule "%" of the table % should be references=column>table.key or range=column>min..max', rule, relation;
        END IF;
      END LOOP;
    END IF;

    EXECUTE format(
      'SELECT count(*) AS rows, coalesce(sum(%1\$s) FILTER (WHERE %2\$s <= \$1::%3\$s), 0)::text AS checksum,
         count(*) FILTER (WHERE %2\$s <= \$2::%3\$s) AS known_rows,
         coalesce(sum(%1\$s) FILTER (WHERE %2\$s <= \$2::%3\$s), 0)::text AS known_checksum,
         count(*) FILTER (WHERE %4\$s) AS violations FROM %5\$s AS t',
      row_hash, key, key_type, range_rule, relation)
      INTO figures USING through, CASE WHEN first IS NULL THEN known_through END;

    IF first IS NULL THEN
      measure := jsonb_build_object(
        'table', split_part(item, ':', 1),
        'rows', jsonb_build_object('before', figures.rows),
        'through', through,
        'checksum', jsonb_build_object('before', figures.checksum),
        'known', CASE WHEN known_through IS NOT NULL THEN
          jsonb_build_object('through', known_through, 'rows', figures.known_rows, 'checksum', figures.known_checksum) END,
        'violations', figures.violations + orphans);
    ELSE
      measure := measure || jsonb_build_object(
        'rows', (measure -> 'rows') || jsonb_build_object('after', figures.rows),
        -- An empty table has no highest key.
        'through', coalesce(through, ''),
        'checksum', (measure -> 'checksum') || jsonb_build_object('after', figures.checksum));
    END IF;
    measured := measured || jsonb_build_array(measure);
  END LOOP;

  -- Rounded up to what RDS knows, whole seconds: a restore to a moment that was cut off would lie before the first look.
  PERFORM set_config('lifeboat.answer', (jsonb_build_object(
    'takenAt', to_char(date_trunc('second', moment) + interval '1 second', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'schemaVersion', coalesce(version, ''), 'databaseOid', (SELECT oid::text FROM pg_database WHERE datname = current_database())) || coalesce(first, '{}') || jsonb_build_object('tables', measured))::text, true);
END
\$look\$;
SELECT current_setting('lifeboat.answer');
COMMIT;
SQL
}

# The second look has to see every commit stamped up to takenAt. A commit is stamped before it becomes visible, so the
# transactions in flight at that moment are waited for; one that goes on for seconds is not committing and is left alone.
pass_moment() {
  cat <<'SQL'
BEGIN ISOLATION LEVEL READ COMMITTED;
DO $pass$
DECLARE
  moment timestamptz := current_setting('lifeboat.first')::jsonb ->> 'takenAt';
  following xid8;
BEGIN
  WHILE clock_timestamp() <= moment LOOP
    PERFORM pg_sleep(extract(epoch FROM moment - clock_timestamp()) + 0.001);
  END LOOP;
  following := pg_snapshot_xmax(pg_current_snapshot());
  WHILE pg_snapshot_xmin(pg_current_snapshot()) < following AND clock_timestamp() < moment + interval '2 seconds' LOOP
    PERFORM pg_sleep(0.01);
  END LOOP;
END
$pass$;
COMMIT;
SQL
}

settings() {
  setting checks "$SSM_Checks"
  setting schema_version "$SSM_SchemaVersion"
  setting first "$1"
}
main() {
  advice='The master needs SELECT on every table of the checks (on RDS: GRANT pg_read_all_data TO the master)'

  master_open
  master 'the first look at the tables' "$advice" < <(settings '' && look)
  first=$SQL_OUT
  master 'waiting for the moment of the measure to pass' < <(settings "$first" && pass_moment)
  master 'the second look at the tables' "$advice" < <(settings "$first" && look)
  result "$SQL_OUT"
}
main
