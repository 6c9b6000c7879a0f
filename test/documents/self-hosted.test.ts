import * as fs from 'node:fs';
import * as path from 'node:path';
import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { Backups, HOUR, named, withTools } from './support/backups';
import { PASSWORDS } from './support/database';
import { containing, matching } from './support/match';

const EXPIRES = '2026-12-07';

withTools('a self-hosted database that is restored beside, swapped and backed up', () => {
  let backups: Backups;
  beforeAll(async () => {
    backups = await Backups.start();
  });
  afterAll(() => backups.world.stop());
  beforeEach(() => backups.fresh());

  const RUN = 'drill-20261123T021340-ab12';
  const side = () => `side_of_${backups.database}`;
  const restore = (backup: string, more: Record<string, string> = {}) =>
    backups.world.host.run('restore-backup', {
      ...backups.world.connection(backups.database),
      BackupFolder: backups.folder,
      BackupName: backup,
      SideDatabase: side(),
      RunId: RUN,
      Expires: EXPIRES,
      ...more,
    });
  const restored = async (backup: string) => {
    const ran = await restore(backup);
    expect(ran).toMatchObject({ code: 0 });
    return documents['restore-backup'].result.parse(ran.line);
  };
  const rows = async (of: string, table = 'evaluations') =>
    Number((await backups.admin(of, `SELECT count(*) AS n FROM ${table}`))[0]?.['n']);
  const comment = async (of: string) =>
    (
      await backups.admin(
        'postgres',
        `SELECT shobj_description(oid, 'pg_database') AS c FROM pg_database WHERE datname = '${of}'`,
      )
    )[0]?.['c'];

  describe('restore-backup', () => {
    test.each(['plain', 'custom', 'directory'] as const)(
      'restores %s beside the present one, closed to everybody, and analyzes it',
      async (format) => {
        const name = named('a', format);
        await backups.admin(
          backups.database,
          `ALTER TABLE evaluations OWNER TO app; GRANT TEMPORARY ON DATABASE ${backups.database} TO reports;
         ALTER DATABASE ${backups.database} SET statement_timeout = '7s'; ALTER DATABASE ${backups.database} SET search_path = public, "od d";
         ALTER ROLE app IN DATABASE ${backups.database} SET work_mem = '5MB'`,
        );
        backups.dump(name, HOUR, format);
        await backups.admin(backups.database, 'DELETE FROM evaluations');
        expect(await restored(name)).toMatchObject({ database: side(), backup: name, continued: false });
        expect([await rows(side()), await rows(backups.database)]).toEqual([100, 0]);
        expect(await comment(side())).toBe(`lifeboat run=${RUN} expires=${EXPIRES} restored=${name}`);
        const [described] = await backups.admin(
          'postgres',
          `SELECT has_database_privilege('app', d.oid, 'CONNECT') AS connect, has_database_privilege('reports', d.oid, 'TEMP') AS temp,
           (SELECT string_agg(unnest, ';' ORDER BY setrole, unnest) FROM pg_db_role_setting, unnest(setconfig) WHERE setdatabase = d.oid) AS settings
         FROM pg_database AS d WHERE datname = '${side()}'`,
        );
        expect(described).toEqual({
          connect: false,
          temp: true,
          settings: 'search_path=public, "od d";statement_timeout=7s;work_mem=5MB',
        });
        const [analyzed] = await backups.admin(
          side(),
          `SELECT reltuples::int AS n, pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'evaluations'`,
        );
        expect(analyzed).toEqual({ n: 100, owner: 'app' });
      },
    );

    test('asked again it finds what it restored', async () => {
      backups.dump('db_a.sql.gz', HOUR);
      await restored('db_a.sql.gz');
      await backups.admin(side(), 'DELETE FROM evaluations WHERE id = 1');
      expect(await restored('db_a.sql.gz')).toMatchObject({ continued: true });
      expect(await rows(side())).toBe(99);
    });

    test('one that this run began and that broke off is gone on with', async () => {
      backups.dump('db_a.sql.gz', HOUR);
      backups.dump('db_b.sql.gz', HOUR);
      backups.rewrite('db_b.sql.gz', HOUR, (sql) =>
        sql.replace('CREATE TABLE public.users', 'CREATE TABL public.users'),
      );
      const ran = await restore('db_b.sql.gz');
      expect(ran).toMatchObject({
        code: 1,
        stdout: '',
        stderr: matching(/the side database is empty.*syntax error/s),
      });
      expect(await comment(side())).toContain('restoring=db_b.sql.gz');
      expect(await backups.admin(side(), `SELECT FROM pg_tables WHERE schemaname = 'public'`)).toHaveLength(0);
      // Mended, and begun again under the same name; somebody still in it is no hindrance.
      fs.copyFileSync(path.join(backups.folder, 'db_a.sql.gz'), path.join(backups.folder, 'db_b.sql.gz'));
      const idle = await backups.world.server.session(side(), 'master', PASSWORDS.master);
      expect(await restored('db_b.sql.gz')).toMatchObject({ continued: false });
      expect(await rows(side())).toBe(100);
      await idle.end().catch(() => undefined);
    });

    test.each([
      ['nobody says whose', ''],
      ['another run', `lifeboat run=other expires=${EXPIRES} restored=db_a.sql.gz`],
      ['a run whose name begins like this one', `lifeboat run=${RUN}9 expires=${EXPIRES} restored=db_a.sql.gz`],
      ['this run, from another backup', `lifeboat run=${RUN} expires=${EXPIRES} restored=db_z.sql.gz`],
    ])('a side database of %s is refused and not touched: exit 43', async (_, mark) => {
      backups.dump('db_a.sql.gz', HOUR);
      await backups.admin('postgres', `CREATE DATABASE ${side()}`);
      await backups.admin('postgres', `COMMENT ON DATABASE ${side()} IS '${mark}'`);
      await backups.admin(side(), 'CREATE TABLE theirs ()');
      expect(await restore('db_a.sql.gz')).toMatchObject({
        code: DOCUMENT_EXIT.taken,
        stdout: '',
        stderr: containing(side()),
      });
      expect(await backups.admin(side(), `SELECT FROM pg_tables WHERE schemaname = 'public'`)).toHaveLength(1);
    });

    test('a role that is gone is said by name, and the present database is as it was', async () => {
      await backups.admin(backups.database, 'CREATE ROLE leaver; ALTER TABLE users OWNER TO leaver');
      backups.dump('db_a.dump', HOUR, 'custom');
      await backups.admin(backups.database, 'ALTER TABLE users OWNER TO master; DROP ROLE leaver');
      expect(await restore('db_a.dump')).toMatchObject({ code: 1, stderr: containing('role "leaver" does not exist') });
      expect(await rows(backups.database)).toBe(100);
    });
  });

  const old = () => `old_of_${backups.database}`;
  const swap = (more: Record<string, string> = {}) =>
    backups.world.host.run('swap-databases', {
      ...backups.world.connection(backups.database),
      SideDatabase: side(),
      OldDatabase: old(),
      RunId: RUN,
      Expires: EXPIRES,
      ...more,
    });
  const swapped = async (more: Record<string, string> = {}) => {
    const ran = await swap(more);
    expect(ran).toMatchObject({ code: 0 });
    return documents['swap-databases'].result.parse(ran.line);
  };
  const restoredBeside = async () => {
    backups.dump('db_a.sql.gz', HOUR);
    await backups.admin(
      backups.database,
      `DELETE FROM evaluations; COMMENT ON DATABASE ${backups.database} IS 'the interviews'`,
    );
    await restored('db_a.sql.gz');
  };

  describe('swap-databases', () => {
    test('the way there, once more, and back', async () => {
      await restoredBeside();
      const session = await backups.world.server.session(backups.database, 'app', PASSWORDS.app);
      const ended = new Promise<void>((resolve) => session.once('end', resolve));
      expect(await swapped()).toMatchObject({ kept: old(), endedSessions: 1, continued: false });
      await ended;
      expect([await rows(backups.database), await rows(old())]).toEqual([100, 0]);
      expect(await comment(backups.database)).toBe('the interviews');
      expect(await comment(old())).toBe(`lifeboat run=${RUN} expires=${EXPIRES} replaced=${backups.database}`);
      expect(await swapped()).toMatchObject({ kept: old(), endedSessions: 0, continued: true });
      expect(await rows(backups.database)).toBe(100);
      // Back: the names go the other way.
      expect(await swapped({ SideDatabase: old(), OldDatabase: side() })).toMatchObject({
        kept: side(),
        continued: false,
      });
      expect([await rows(backups.database), await rows(side()), await comment(backups.database)]).toEqual([
        0,
        100,
        'the interviews',
      ]);
    });

    test('connections that do not end: exit 44, nothing changed', async () => {
      await restoredBeside();
      const session = await backups.world.server.session(backups.database, 'app', PASSWORDS.app);
      const { rows: found } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const pid = found[0]!.pid;
      process.kill(pid, 'SIGSTOP');
      const ran = await swap().finally(() => process.kill(pid, 'SIGCONT'));
      await session.end().catch(() => undefined);
      expect(ran).toMatchObject({
        code: DOCUMENT_EXIT.sessionsRemain,
        stdout: '',
        stderr: matching(/nothing was changed: .*1 session\(s\) do not end, the last seen is \d+ of app/),
      });
      expect([await rows(backups.database), await rows(side())]).toEqual([0, 100]);
    });

    test('a transaction that somebody prepared keeps the name: exit 44, nothing changed', async () => {
      await restoredBeside();
      await backups.admin(backups.database, `BEGIN; CREATE TABLE prepared (); PREPARE TRANSACTION 'left'`);
      const ran = await swap();
      await backups.admin(backups.database, `ROLLBACK PREPARED 'left'`);
      expect(ran).toMatchObject({ code: DOCUMENT_EXIT.sessionsRemain, stderr: containing('prepared transaction') });
      expect(await rows(backups.database)).toBe(0);
    });

    test.each([
      [
        'no side database',
        () => `ALTER DATABASE ${side()} RENAME TO elsewhere_${backups.database}`,
        /there is no database/,
      ],
      [
        'one of another run',
        () => `COMMENT ON DATABASE ${side()} IS 'lifeboat run=x expires=${EXPIRES} restored=y'`,
        /not of this run/,
      ],
      [
        'one that is not restored yet',
        () => `COMMENT ON DATABASE ${side()} IS 'lifeboat run=${RUN} expires=${EXPIRES} restoring=y'`,
        /not restored yet/,
      ],
      ['a database by the name of the old one', () => `CREATE DATABASE ${old()}`, /is there already/],
    ])('%s: exit 43, nothing changed', async (_, sql, said) => {
      await restoredBeside();
      await backups.admin('postgres', sql());
      expect(await swap()).toMatchObject({ code: DOCUMENT_EXIT.taken, stdout: '', stderr: matching(said) });
      expect(await rows(backups.database)).toBe(0);
    });

    test('a database that was dropped is replaced by name, and again says so', async () => {
      backups.dump('db_a.sql.gz', HOUR);
      await backups.admin('postgres', `DROP DATABASE ${backups.database}`);
      await restored('db_a.sql.gz');
      expect(await swapped()).toMatchObject({ kept: null, continued: false });
      expect(await rows(backups.database)).toBe(100);
      expect(await swapped()).toMatchObject({ kept: null, continued: true });
    });

    test('a master that may not rename says so, and nothing is changed', async () => {
      await restoredBeside();
      await backups.admin(
        'postgres',
        `ALTER DATABASE ${backups.database} OWNER TO reports; ALTER ROLE master NOSUPERUSER`,
      );
      const ran = await swap();
      await backups.admin('postgres', 'ALTER ROLE master SUPERUSER');
      expect(ran).toMatchObject({ code: 1, stderr: matching(/nothing was changed.*must be owner/) });
      expect(await rows(backups.database)).toBe(0);
    });
  });

  describe('backup-database', () => {
    const name = 'lifeboat_drill_expires_2026-12-07.dump';
    const backup = () =>
      backups.world.host.run('backup-database', {
        ...backups.world.connection(backups.database),
        BackupFolder: backups.folder,
        BackupName: name,
      });

    test('dumps the present state, sound and readable by its owner alone; again it finds it', async () => {
      const ran = await backup();
      expect(ran).toMatchObject({ code: 0 });
      expect(documents['backup-database'].result.parse(ran.line)).toMatchObject({ file: name, continued: false });
      expect(fs.statSync(path.join(backups.folder, name)).mode & 0o077).toBe(0);
      expect((await backup()).line).toMatchObject({ continued: true });
      expect(fs.readdirSync(backups.folder)).toEqual([name]);
      // What it is for: it can be restored by name, and nobody takes it for a nightly one.
      expect((await backups.found({ OnlyBackup: name })).backup).toMatchObject({ format: 'custom' });
      expect((await backups.find()).code).toBe(DOCUMENT_EXIT.backupMissing);
    });

    test('a dump that breaks off leaves no file of that name', async () => {
      backups.world.host.program(
        'pg_dump',
        `case "$*" in
           *--version*) PATH=\${PATH#*:} exec pg_dump --version ;;
           *) PATH=\${PATH#*:} pg_dump "$@"; truncate -s 2000 "$(echo "$*" | sed 's/.*--file=//')" ;;
         esac`,
      );
      expect(await backup()).toMatchObject({ code: 1, stderr: containing('is not sound') });
      expect(fs.existsSync(path.join(backups.folder, name))).toBe(false);
    });

    test('without room: exit 42', async () => {
      backups.world.host.program('df', 'echo head; echo "/dev/xvdf 1000 1000 0 100% /backup"');
      expect(await backup()).toMatchObject({ code: DOCUMENT_EXIT.diskTooSmall });
      expect(fs.readdirSync(backups.folder)).toEqual([]);
    });
  });
});
