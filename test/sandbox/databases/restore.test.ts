import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import {
  Archive,
  type Cluster,
  contentDigest,
  createDatabase,
  createLogin,
  createMaster,
  latestRestorableTime,
  NoBaseBackupError,
  restore,
  RestoreCancelledError,
  RestoreFailedError,
  type RestoreOptions,
  type RestoreProgress,
  restoreSnapshot,
  setRolePassword,
  takeBaseBackup,
  takeSnapshot,
  TargetAfterLatestError,
  TargetBeforeEarliestError,
  VersionMismatchError,
} from '../../../sandbox/databases';
import { describeEachSource, login, PASSWORD, processesOf, Site, sql } from './machine';
import { until } from '../../../sandbox/databases/wait';

const Names = z.object({ name: z.string() });
const Committed = z.object({ milliseconds: z.coerce.number() });

describeEachSource('restoring', (source) => {
  let site: Site;
  let cluster: Cluster;
  let earliest: Date;
  let latest: Date;
  /** Commit time of each row, as the server noted it, cut to milliseconds. */
  const committed = new Map<string, number>();

  /** Inserts a row in a transaction and, so that a cut by milliseconds is exact, in a millisecond of its own. */
  async function insert(name: string): Promise<void> {
    const at = await cluster.withAdmin('shop', async (admin) => {
      await admin.execute(`INSERT INTO orders VALUES ('${name}')`);
      return admin.one(
        Committed,
        `SELECT floor(extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000)::bigint AS milliseconds
           FROM orders WHERE name = $1`,
        [name],
      );
    });
    committed.set(name, at.milliseconds);
    await until('the next millisecond', 1, () => Promise.resolve(Date.now() > at.milliseconds + 1 ? true : undefined));
  }

  const rows = async (of: Cluster) =>
    (await of.withAdmin('shop', (admin) => admin.query(Names, 'SELECT name FROM orders ORDER BY name'))).map(
      ({ name }) => name,
    );

  const to = async (target: RestoreOptions['target'], extra: Partial<RestoreOptions> = {}) => {
    const restored = await restore({ archive: cluster.archive, target, into: await site.options(), ...extra });
    site.keep(restored.cluster);
    return restored;
  };

  const justAfter = (name: string) => new Date(committed.get(name)! + 1);

  beforeAll(async () => {
    site = await Site.make(source);
    cluster = await site.cluster({ settings: { max_connections: '40' } });
    await createMaster(cluster, { name: 'master', password: PASSWORD });
    await createLogin(cluster, { name: 'app', password: 'the first' }, 'master');
    await createDatabase(cluster, 'shop', 'master');
    await sql(cluster, 'shop', 'CREATE TABLE orders (name text); GRANT ALL ON orders TO app');
    await insert('a');
    await takeBaseBackup(cluster);
    earliest = z.date().parse(await cluster.archive.earliestRestorableTime());
    await insert('b');
    await insert('c');
    await setRolePassword(cluster, 'app', PASSWORD);
    await takeBaseBackup(cluster);
    await insert('d');
    await sql(cluster, 'shop', 'DROP TABLE orders; CREATE TABLE orders (name text)'); // the disaster
    latest = await latestRestorableTime(cluster);
  });

  afterAll(() => site.dispose());

  test('a moment between two commits has the one before and not the one after', async () => {
    const progress: RestoreProgress[] = [];
    const target = justAfter('b');
    const { cluster: copy, backup, restoredTo } = await to(target, { onProgress: (step) => progress.push(step) });
    await expect(rows(copy)).resolves.toEqual(['a', 'b']);
    expect(backup.endedAt).toEqual(earliest);
    expect(restoredTo?.getTime()).toBe(committed.get('b'));

    const copying = progress.flatMap((one) => (one.step === 'copying' ? [one] : []));
    expect(copying.at(-1)?.copiedBytes).toBe(copying[0]?.totalBytes);
    const replaying = progress.flatMap((one) => (one.step === 'replaying' ? [one] : []));
    expect(replaying.at(-1)).toMatchObject({ target, replayedTo: restoredTo });
    expect(replaying.at(-1)?.position).toMatch(/^0\/[0-9A-F]+$/);
    expect(progress.at(-1)).toEqual({ step: 'starting' });

    // That moment's logins, TLS by the new name, TCP again.
    await (await login(copy, { user: 'app', database: 'shop', password: 'the first' })).end();
    await expect(login(copy, { user: 'app', database: 'shop' })).rejects.toThrow(/password authentication failed/);

    // It has a history of its own, of which a restore of the restored is made.
    await expect(copy.archive.earliestRestorableTime()).resolves.toBeUndefined();
    await takeBaseBackup(copy);
    await sql(copy, 'shop', `INSERT INTO orders VALUES ('after the restore')`);
    const again = await to(await latestRestorableTime(copy), { archive: copy.archive });
    await expect(rows(again.cluster)).resolves.toEqual(['a', 'after the restore', 'b']);
    await again.cluster.destroy();
    await copy.destroy();
    await expect(rows(cluster)).resolves.toEqual([]);
  });

  test('the newest base backup before the target is used, and what is committed at the target is included', async () => {
    const { cluster: copy, backup } = await to(justAfter('d'));
    expect(backup.endedAt > earliest).toBe(true);
    await expect(rows(copy)).resolves.toEqual(['a', 'b', 'c', 'd']);
    await (await login(copy, { user: 'app', database: 'shop' })).end();
    await copy.destroy();
  });

  test('the earliest and the latest restorable time can be restored; the archive outlives its cluster', async () => {
    const first = await to(earliest);
    await expect(rows(first.cluster)).resolves.toEqual(['a']);
    await first.cluster.destroy();
    const last = await to(latest, { archive: Archive.open(cluster.archive.folder) });
    await expect(rows(last.cluster)).resolves.toEqual([]);
    await last.cluster.destroy();
  });

  test('out of range is refused by name, and nothing is made', async () => {
    await expect(to(new Date(earliest.getTime() - 1))).rejects.toThrow(TargetBeforeEarliestError);
    await expect(to(new Date(latest.getTime() + 1))).rejects.toThrow(TargetAfterLatestError);
    const empty = Archive.open(join(site.folder, 'nowhere'));
    await expect(to('latest', { archive: empty })).rejects.toThrow(NoBaseBackupError);
    const into = await site.options();
    const postgres = { ...into.postgres, major: into.postgres.major + 1 };
    await expect(to('latest', { into: { ...into, postgres } })).rejects.toThrow(VersionMismatchError);
    await expect(stat(into.folder)).rejects.toThrow('ENOENT');
  });

  test.each(['copying', 'replaying'] as const)(
    'killed half-way while %s: a named error, no process, no half database',
    async (at) => {
      const into = await site.options();
      const seen: RestoreProgress[] = [];
      const fault = { at, act: (kill: () => Promise<void>) => kill() };
      const error: unknown = await to('latest', { into, fault, onProgress: (step) => seen.push(step) }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(RestoreFailedError);
      expect(seen.at(-1)?.step).toBe(at);
      if (at === 'replaying')
        expect(z.object({ log: z.string() }).parse(error).log).toContain('starting backup recovery');
      await expect(processesOf(into.folder)).resolves.toEqual([]);
      await expect(readdir(into.folder)).resolves.not.toContain('data');
      // The same folder serves for the next attempt.
      const retried = await to('latest', { into });
      await expect(rows(retried.cluster)).resolves.toEqual([]);
      await retried.cluster.destroy();
    },
  );

  test('cancelled while it stands still: a named error and no process', async () => {
    const into = await site.options();
    const controller = new AbortController();
    const act = () => {
      controller.abort();
      return Promise.resolve();
    };
    const cancelled = to('latest', { into, signal: controller.signal, fault: { at: 'replaying', act } });
    await expect(cancelled).rejects.toThrow(RestoreCancelledError);
    await expect(processesOf(into.folder)).resolves.toEqual([]);
  });

  test('a restore whose WAL is missing fails with the log, never with less data', async () => {
    const archive = await Archive.create(join(site.folder, 'torn'), cluster.account);
    await sql(cluster, 'shop', `INSERT INTO orders VALUES ('e')`);
    const snapshot = await takeSnapshot(cluster, archive.folder); // its WAL ends with itself
    await archive.prove(new Date(snapshot.endedAt.getTime() + 1000));
    const error: unknown = await to(new Date(snapshot.endedAt.getTime() + 500), { archive }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(RestoreFailedError);
    expect(String(error)).toContain('recovery ended before configured recovery target was reached');
  });

  test('snapshots of a running and of a killed server hold what was committed by then', async () => {
    await sql(cluster, 'shop', `TRUNCATE orders; INSERT INTO orders VALUES ('kept')`);
    const before = await contentDigest(cluster, 'shop');
    const snapshotFolder = (name: string) => join(site.folder, `snapshot-${name}`);
    const check = async (name: string, content: string) => {
      const restored = await restoreSnapshot({ snapshotFolder: snapshotFolder(name), into: await site.options() });
      site.keep(restored.cluster);
      expect((await contentDigest(restored.cluster, 'shop')).digest).toBe(content);
      await takeBaseBackup(restored.cluster);
      await latestRestorableTime(restored.cluster);
      await restored.cluster.destroy();
    };
    await takeSnapshot(cluster, snapshotFolder('running'));
    await sql(cluster, 'shop', `INSERT INTO orders VALUES ('later')`);
    const after = await contentDigest(cluster, 'shop');
    expect(after.digest).not.toBe(before.digest);
    await cluster.kill();
    await takeSnapshot(cluster, snapshotFolder('killed'));
    await check('running', before.digest);
    await check('killed', after.digest);
    await cluster.start();
  });
});
