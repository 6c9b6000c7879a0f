import * as fs from 'node:fs';
import * as path from 'node:path';
import { DOCUMENT_EXIT } from '../../contract/documents';
import { Backups, HOUR, named, withTools } from './support/backups';
import { containing, matching } from './support/match';

withTools('backups of a self-hosted database', () => {
  let backups: Backups;
  beforeAll(async () => {
    backups = await Backups.start();
  });
  afterAll(() => backups.world.stop());
  beforeEach(() => backups.fresh());

  describe('find-backup', () => {
    test('takes the newest at or before the moment, and says of when it is', async () => {
      backups.dump('db_20261120.sql.gz', 30 * HOUR);
      backups.dump('db_20261121.sql.gz', 6 * HOUR);
      backups.dump('db_20261122.sql.gz', 1 * HOUR);
      expect(await backups.found({ NotAfter: backups.ago(2 * HOUR) })).toMatchObject({
        serverMajor: Number(backups.major),
        present: true,
        backup: { file: 'db_20261121.sql.gz', format: 'plain', takenAt: backups.ago(6 * HOUR) },
        skipped: [],
      });
      expect((await backups.found()).backup.file).toBe('db_20261122.sql.gz');
      // To the second: at the moment is not after it.
      expect((await backups.found({ NotAfter: backups.ago(HOUR) })).backup.file).toBe('db_20261122.sql.gz');
      expect((await backups.found({ NotAfter: backups.ago(HOUR + 1) })).backup.file).toBe('db_20261121.sql.gz');
    });

    test.each(['plain', 'custom', 'directory'] as const)(
      'a truncated newest one (%s) is skipped and said so',
      async (format) => {
        const name = named('b', format);
        const older = named('a', format);
        backups.dump(older, 2 * HOUR, format);
        const file = backups.dump(name, HOUR, format);
        if (format === 'directory') {
          const data = fs.readdirSync(file).find((one) => one.endsWith('.dat.gz')) ?? '';
          backups.cut(path.join(name, data), HOUR);
        } else backups.cut(name, HOUR);
        expect(await backups.found()).toMatchObject({
          backup: { file: older, format },
          skipped: [{ file: name, because: matching(/read/) }],
        });
      },
    );

    test.each([
      ['without its end mark', (sql: string) => sql.replace('-- PostgreSQL database dump complete', '--'), /cut off/],
      ['that ends early though gzip is content', (sql: string) => sql.slice(0, sql.length / 2), /cut off/],
      ['that connects by itself', (sql: string) => `\\connect interview_app\n${sql}`, /--create/],
      ['without a version', (sql: string) => sql.replace(/-- Dumped from.*\n/, ''), /version/],
    ])('a dump %s is skipped', async (_, change, because) => {
      backups.dump('db_a.sql.gz', 2 * HOUR);
      backups.dump('db_b.sql.gz', HOUR);
      backups.rewrite('db_b.sql.gz', HOUR, change);
      expect(await backups.found()).toMatchObject({
        backup: { file: 'db_a.sql.gz' },
        skipped: [{ file: 'db_b.sql.gz', because: matching(because) }],
      });
    });

    test('where none is sound it says of each why: exit 40', async () => {
      backups.dump('db_a.sql.gz', HOUR);
      backups.cut('db_a.sql.gz', HOUR);
      fs.mkdirSync(path.join(backups.folder, 'db_unfinished'));
      fs.writeFileSync(path.join(backups.folder, 'db_odd name.sql.gz'), '');
      expect(await backups.find()).toMatchObject({
        code: DOCUMENT_EXIT.backupMissing,
        stdout: '',
        stderr: matching(/3 were not sound.*odd|3 were not sound.*other than letters/),
      });
      expect(await backups.find({ NotAfter: '2001-01-01T00:00:00Z' })).toMatchObject({
        code: DOCUMENT_EXIT.backupMissing,
        stderr: containing('of 2001-01-01T00:00:00Z or before'),
      });
    });

    test('one that is named is taken whatever its age; one that is not there, or not sound, is refused: exit 40', async () => {
      backups.dump('db_a.sql.gz', 50 * HOUR);
      backups.dump('db_b.sql.gz', HOUR);
      backups.dump('before-the-import.dump', 20 * HOUR, 'custom');
      expect((await backups.found({ OnlyBackup: 'before-the-import.dump' })).backup).toMatchObject({
        format: 'custom',
      });
      expect(await backups.find({ OnlyBackup: 'db_x.sql.gz' })).toMatchObject({ code: DOCUMENT_EXIT.backupMissing });
      backups.cut('db_b.sql.gz', HOUR);
      expect(await backups.find({ OnlyBackup: 'db_b.sql.gz' })).toMatchObject({
        code: DOCUMENT_EXIT.backupMissing,
        stderr: containing('db_b.sql.gz is not sound'),
      });
    });

    test('a backup of another major version is refused by name, not skipped: exit 41', async () => {
      backups.dump('db_a.sql.gz', 2 * HOUR);
      backups.dump('db_b.sql.gz', HOUR);
      backups.rewrite('db_b.sql.gz', HOUR, (sql) =>
        sql.replace(/Dumped from database version \S+/, 'Dumped from database version 9.6.24'),
      );
      expect(await backups.find()).toMatchObject({
        code: DOCUMENT_EXIT.majorVersion,
        stderr: matching(new RegExp(`db_b.sql.gz is of a server of the major version 9, .* is of ${backups.major}`)),
      });
    });

    test('an archive of a newer pg_dump is refused by name: exit 41', async () => {
      backups.dump('db_a.sql.gz', 2 * HOUR);
      backups.dump('db_b.dump', HOUR, 'custom');
      backups.world.host.program(
        'pg_restore',
        `case "$*" in
           *--version*) PATH=\${PATH#*:} exec pg_restore --version ;;
           *) echo 'pg_restore: error: unsupported version (1.99) in file header' >&2; exit 1 ;;
         esac`,
      );
      expect(await backups.find()).toMatchObject({
        code: DOCUMENT_EXIT.majorVersion,
        stderr: matching(/db_b.dump was made by a newer pg_dump .*unsupported version/),
      });
    });

    test.each([
      ['is missing', undefined],
      ['is of another major version', 'echo "pg_dump (PostgreSQL) 9.6.24"'],
    ])('a tool that %s is refused by name: exit 41', async (_, text) => {
      backups.dump('db_a.sql.gz', HOUR);
      backups.world.host.program('pg_dump', text ?? 'exit 127');
      expect(await backups.find()).toMatchObject({ code: DOCUMENT_EXIT.majorVersion, stderr: containing('pg_dump') });
    });

    test('without room for two copies: exit 42, with the figures', async () => {
      backups.dump('db_a.sql.gz', HOUR);
      backups.world.host.program('df', 'echo head; echo "/dev/xvdf 1000 990 10 99% /var/lib/postgresql"');
      expect(await backups.find()).toMatchObject({
        code: DOCUMENT_EXIT.diskTooSmall,
        stderr: matching(/two copies .* needs \d+ MB in .*, and 10 MB are free/),
      });
    });

    test('a safety backup wants room as well, on the same disk or another: exit 42', async () => {
      backups.dump('db_a.sql.gz', HOUR);
      const { neededMegabytes: needed, databaseMegabytes } = await backups.found();
      backups.world.host.program('df', `echo head; echo "/dev/one 1000 0 ${needed} 99% /"`);
      expect((await backups.find()).code).toBe(0);
      expect((await backups.found()).freeMegabytes).toBe(needed);
      expect(await backups.find({ SafetyBackup: 'yes' })).toMatchObject({ code: DOCUMENT_EXIT.diskTooSmall });
      backups.world.host.program(
        'df',
        `echo head; case "$*" in *${backups.folder}) echo "/dev/two 1 1 ${databaseMegabytes} 9% /b" ;; *) echo "/dev/one 1 0 ${needed} 9% /" ;; esac`,
      );
      expect(await backups.find({ SafetyBackup: 'yes' })).toMatchObject({
        code: DOCUMENT_EXIT.diskTooSmall,
        stderr: containing(`in ${backups.folder}, and`),
      });
    });

    test('a database that somebody dropped is none, and its backups are found all the same', async () => {
      backups.dump('db_a.sql.gz', HOUR);
      await backups.admin('postgres', `DROP DATABASE ${backups.database}`);
      expect(await backups.found()).toMatchObject({ present: false, databaseMegabytes: 0 });
    });
  });
});
