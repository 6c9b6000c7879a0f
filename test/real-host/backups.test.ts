import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { guestDatabase, type RealHost } from '../../sandbox/real-host';
import { connection, endMachines, HEALTHY, restore, runDocument, servedAgain, sql, withMachine } from './stage';

const RUN = 'drill-20261123T021340-ab12';
const Expires = '2099-12-31';
const names = { SideDatabase: 'interview_side', OldDatabase: 'interview_old' };
const NIGHTLY = 'db_20261122.sql.gz';

/** A database that the host serves itself, whose nightly dumps are in /backup (procedures, Database Recovery). */
withMachine('backups of a self-hosted database', () => {
  let machine: RealHost;
  beforeEach(async () => {
    machine = await restore();
    // The master of one's own server is a superuser; a nightly dump as the procedures make it.
    await sql(machine, 'ALTER ROLE master SUPERUSER');
    await shell(`${dump} | gzip >/backup/${NIGHTLY}; touch -d '2 hours ago' /backup/${NIGHTLY}`);
  });
  afterEach(endMachines);

  const dump = `runuser -u postgres -- pg_dump -U rdsadmin ${guestDatabase.name}`;
  const shell = async (script: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await machine.run(`set -o pipefail; ${script}`);
    if (exitCode !== 0) throw new Error(`"${script}" ended with ${String(exitCode)}: ${stderr}`);
    return stdout.trim();
  };
  const find = (SafetyBackup: 'yes' | 'no' = 'no') =>
    runDocument(machine, 'find-backup', {
      ...{ ...connection, BackupFolder: '/backup', NotAfter: '', OnlyBackup: '', SafetyBackup },
    });
  const restoreBackup = () => {
    const { SideDatabase } = names;
    const backup = { BackupFolder: '/backup', BackupName: NIGHTLY };
    return runDocument(machine, 'restore-backup', { ...connection, ...backup, SideDatabase, RunId: RUN, Expires });
  };
  const swap = () => runDocument(machine, 'swap-databases', { ...connection, ...names, RunId: RUN, Expires });
  const evaluations = (database: string = guestDatabase.name) =>
    sql(machine, 'SELECT count(*) FROM evaluations', database);
  const databases = () =>
    sql(machine, "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname LIKE 'interview%'");

  test('a truncated backup is skipped, the sound one restored beside, put in place, and the replaced one kept', async () => {
    await shell(
      `head -c "$(($(stat -c %s /backup/${NIGHTLY}) * 2 / 3))" /backup/${NIGHTLY} >/backup/db_20261123.sql.gz`,
    );
    const was = await evaluations();
    await sql(machine, 'DELETE FROM evaluations WHERE id > 10');
    const found = documents['find-backup'].result.parse((await find('yes')).line);
    expect(found).toMatchObject({
      ...{ serverMajor: 15, present: true, backup: { file: NIGHTLY, format: 'plain' } },
      skipped: [{ file: 'db_20261123.sql.gz' }],
    });
    const safety = await runDocument(machine, 'backup-database', {
      ...{ ...connection, BackupFolder: '/backup', BackupName: 'before.dump' },
    });
    expect(documents['backup-database'].result.parse(safety.line)).toMatchObject({ continued: false });
    expect(await shell("stat -c '%a %U' /backup/before.dump")).toBe('600 root');
    expect(documents['restore-backup'].result.parse((await restoreBackup()).line)).toMatchObject({ continued: false });
    expect(await evaluations(names.SideDatabase)).toBe(was);
    const swapped = documents['swap-databases'].result.parse((await swap()).line);
    expect(swapped).toMatchObject({ kept: names.OldDatabase, continued: false });
    expect(swapped.endedSessions).toBeGreaterThan(0);
    await runDocument(machine, 'open-database', { ...connection, Grantees: 'PUBLIC' });
    expect(await servedAgain(machine)).toBe(HEALTHY);
    expect([await evaluations(), await evaluations(names.OldDatabase)]).toEqual([was, '10']);
    expect((await swap()).line).toMatchObject({ continued: true });
  });

  test('a backup of another major version is refused by name, and one that is nothing but truncated as missing', async () => {
    await shell(`gzip -dc /backup/${NIGHTLY} | sed 's/^-- Dumped from database version .*/-- Dumped from database version 14.9/' |
      gzip >/backup/db_20261123.sql.gz`);
    const other = await find();
    expect(other).toMatchObject({ code: DOCUMENT_EXIT.majorVersion, line: undefined });
    expect(other.stderr).toContain('db_20261123.sql.gz is of a server of the major version 14');
    await shell(`rm /backup/db_20261123.sql.gz; truncate -s 1000 /backup/${NIGHTLY}`);
    expect(await find()).toMatchObject({ code: DOCUMENT_EXIT.backupMissing, line: undefined });
    expect(await databases()).toBe('interview');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a side database that is there already, and not this run’s, is left as it is', async () => {
    await sql(machine, `CREATE DATABASE ${names.SideDatabase}`);
    await sql(machine, 'CREATE TABLE somebodys (id int)', names.SideDatabase);
    const ran = await restoreBackup();
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.taken, line: undefined });
    expect(await swap()).toMatchObject({ code: DOCUMENT_EXIT.taken, line: undefined });
    expect(await sql(machine, 'SELECT count(*) FROM somebodys', names.SideDatabase)).toBe('0');
    expect(await databases()).toBe('interview interview_side');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a connection that does not end: nothing is renamed; once it is gone the same call swaps', async () => {
    expect(await restoreBackup()).toMatchObject({ code: 0 });
    // A backend that hears no signal, as one that hangs in a system call.
    const { stdout } = await machine.run(
      `cd /; setsid runuser -u postgres -- psql -U rdsadmin -d interview -c 'SELECT pg_sleep(4716)' >/dev/null 2>&1 &
      for look in $(seq 100); do
        pid=$(runuser -u postgres -- psql -XAtU rdsadmin -d interview -c "SELECT pid FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(4716)'")
        [ -z "$pid" ] || break
      done
      kill -STOP "$pid"; echo "$pid"`,
    );
    const pid = stdout.trim();
    const ran = await swap();
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.sessionsRemain, line: undefined });
    expect(ran.stderr).toContain(`the last seen is ${pid} of rdsadmin`);
    expect(await databases()).toBe('interview interview_side');
    expect(await servedAgain(machine)).toBe(HEALTHY);

    await shell(`kill -CONT ${pid}`);
    expect((await swap()).line).toMatchObject({ kept: names.OldDatabase });
    await runDocument(machine, 'open-database', { ...connection, Grantees: 'PUBLIC' });
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a disk without room for two copies: nothing is begun, and the figures are said', async () => {
    await shell('fallocate -l "$(($(df --output=avail -m /var/lib/postgresql | tail -n 1) - 40))M" /var/much');
    const ran = await find('yes');
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.diskTooSmall, line: undefined });
    expect(ran.stderr).toMatch(
      /two copies of the database have no room: .* needs \d+ MB in .*, and (39|40) MB are free/,
    );
    expect(await databases()).toBe('interview');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });
});
