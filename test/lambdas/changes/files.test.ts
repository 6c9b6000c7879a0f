import type { ChangeTarget } from '../../../contract/changes';
import type { RunRef } from '../../../contract/run';
import { handler as filesHandler } from '../../../lambdas/changes/files';
import { handler as stagedHandler } from '../../../lambdas/changes/files-staged';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeHosts, one, two } from './fake-hosts';
import { newRun, withTables, verbs } from './world';

const hosts = fakeHosts();
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  hosts.reset();
});

const volume = {
  volumeGroup: 'vg0',
  logicalVolume: 'orders',
  mountPoint: '/srv',
  mountUnit: 'srv.mount',
  snapshotMegabytes: 512,
  keepSnapshotDays: 14,
  keepSnapshots: 3,
  allowRepair: false,
};
const takenAt = '2026-11-22T02:15:00Z';
const archives = { [one]: { name: 'files_1.tar.gz', versionId: '' }, [two]: { name: 'files_2.tar.gz', versionId: '' } };
const backup = { kind: 'file-backup' as const, takenAt, bucket: '', region: 'us-east-1', archives };
const snapshot = { kind: 'lvm-snapshot' as const, takenAt, snapshot: 'lifeboat-1' };
const targetOf = (source: ChangeTarget<'files'>['source'], on: string[] = [one, two]): ChangeTarget<'files'> => ({
  hosts: on,
  source,
  volume,
  services: ['nginx', 'orders'],
  healthUrl: 'http://localhost:3000/health',
  aside: 'lifeboat-2',
  before: 'lifeboat-2-before',
  keepReplacedDays: 14,
});

const units = { services: [{ name: 'nginx', was: 'active', is: 'inactive' }] };
/** What each document says where it ends well. */
const said: Readonly<Record<string, unknown>> = {
  'stop-services': units,
  'start-services': units,
  'swap-files': { placed: 3, replaced: 4, kept: '/srv/.lifeboat-files/x/replaced' },
  'put-back-files': { was: 'placed', putBack: 4 },
  'check-health': { status: 200, attempts: 1, seconds: 0.5 },
  'close-volume': { was: 'mounted' },
  'open-volume': { was: 'closed' },
  'merge-snapshot': { state: 'merging', safety: 'lifeboat-2-before', safetyMegabytes: 20 },
  'await-merge': { seconds: 3, safetyMegabytes: 20, safetyUsedMegabytes: 4 },
  'check-volume': { clean: true, repaired: false },
  'undo-merge': { state: 'merged-back', restarted: [] },
  'stage-files': { folder: '/srv/.lifeboat-files/x/new', entries: 9, unpacked: true },
  'unstage-files': { removed: true },
};
const well = (document: string) => ({ code: 0, line: said[document] });
/** What was sent to a host, in order. */
const sentTo = (host: string) =>
  hosts
    .sent()
    .filter(({ InstanceIds }) => InstanceIds?.includes(host))
    .map(({ DocumentName }) => DocumentName?.replace('lifeboat-drill-', ''));

/** Asks until it is done, as the machine does. */
async function until(ask: () => Promise<{ done: boolean }>): Promise<void> {
  for (let round = 0; round < 12; round += 1) if ((await ask()).done) return;
  throw new Error('it is not done');
}

describe('files', () => {
  const change = () => verbs<'files'>(filesHandler, run, 'files-1');
  const before = { mounted: [one, two] };

  test('an archive: each host goes its own way, and is healthy at its end; undo puts back, whatever starts then', async () => {
    await change().apply(targetOf(backup), { before });
    expect(await change().confirm()).toMatchObject({
      done: false,
      progress: `stop-services on ${one}, stop-services on ${two}`,
    });
    hosts.endEach((document, host) => (host === two && document === 'swap-files' ? null : well(document)));
    for (let round = 0; round < 6; round += 1) expect((await change().confirm()).done).toBe(false);
    expect(sentTo(one)).toEqual(['stop-services', 'swap-files', 'start-services', 'check-health']);
    expect(sentTo(two)).toEqual(['stop-services', 'swap-files']);
    hosts.endEach(well);
    await until(() => change().confirm());
    expect(sentTo(two)).toEqual(['stop-services', 'swap-files', 'start-services', 'check-health']);
    expect(hosts.sent().find(({ DocumentName }) => DocumentName?.endsWith('swap-files'))?.Parameters).toMatchObject({
      Folder: ['/srv'],
      Run: [run.id],
    });
    expect(hosts.sent().find(({ DocumentName }) => DocumentName?.endsWith('start-services'))?.Parameters).toMatchObject(
      {
        Services: ['orders nginx'],
      },
    );

    // The files of before may be what was damaged.
    hosts.endEach((document) => (document === 'start-services' ? { code: 1, line: '' } : well(document)));
    await change().undo();
    await until(() => change().confirmUndo());
    expect(sentTo(one).slice(4)).toEqual(['stop-services', 'put-back-files', 'start-services']);
    expect(sentTo(two).slice(4)).toEqual(['stop-services', 'put-back-files', 'start-services']);
    expect((await findChange(run.id, 'files-1')).state).toBe('undone');
  });

  test('a snapshot: merged, checked, mounted; undo merges back and mounts where it was mounted', async () => {
    await change().apply(targetOf(snapshot), { before: { mounted: [one] } });
    hosts.endEach(well);
    await until(() => change().confirm());
    const there = ['close-volume', 'merge-snapshot', 'await-merge', 'check-volume', 'open-volume'];
    expect(sentTo(one)).toEqual(['stop-services', ...there, 'start-services', 'check-health']);
    await change().undo();
    await until(() => change().confirmUndo());
    expect(sentTo(one).slice(8)).toEqual(['stop-services', 'undo-merge', 'open-volume', 'start-services']);
    expect(sentTo(two).slice(8)).toEqual(['stop-services', 'undo-merge', 'start-services']);
  });

  test('where one host fails the other comes to its end first, and keeps its files', async () => {
    await change().apply(targetOf(backup), { before });
    let waits = true;
    hosts.endEach((document, host) => {
      if (host === one && document === 'check-health') return { code: 9, line: '' };
      return host === two && document === 'check-health' && waits ? null : well(document);
    });
    for (let round = 0; round < 8; round += 1) expect((await change().confirm()).done).toBe(false);
    waits = false;
    expect((await change().confirm()).done).toBe(false);
    const failed = await change()
      .confirm()
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'ApplicationUnhealthyError' });
    expect(String(failed)).toMatch(new RegExp(`${one}: .*exit code 9`));
    await change().undo();
    await until(() => change().confirmUndo());
    expect(sentTo(one).slice(4)).toEqual(['stop-services', 'put-back-files', 'start-services']);
    expect(sentTo(two).slice(4)).toEqual([]);
  });

  test('a host that is lost keeps no other from being put back, and fails the undo by its name at the end', async () => {
    await change().apply(targetOf(backup), { before });
    hosts.lose(two);
    hosts.endEach(well);
    await change().undo();
    const failed = await until(() => change().confirmUndo()).catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'UndoFailedError' });
    expect(String(failed)).toContain(`${two} is ConnectionLost`);
    expect(sentTo(one).slice(1)).toEqual(['stop-services', 'put-back-files', 'start-services']);
    // A further attempt is sent anew.
    await change().undo();
    expect(sentTo(one).slice(4)).toEqual(['stop-services']);
  });

  test('a first host that takes nothing proves that nothing was done', async () => {
    hosts.lose(one);
    await expect(change().apply(targetOf(backup), { before })).rejects.toMatchObject({ name: 'HostOfflineError' });
    expect((await findChange(run.id, 'files-1')).state).toBe('not-applied');
  });
});

describe('files-staged', () => {
  const change = () => verbs<'files-staged'>(stagedHandler, run, 'stage-files');
  const target = {
    hosts: [one, two],
    source: backup,
    folder: '/srv',
    serving: '/srv/orders',
    backupFolder: '/backup',
    keepReplacedDays: 14,
  };

  test('each host unpacks its own archive; undo removes what was never used', async () => {
    await change().apply(target);
    expect(hosts.sent().map(({ InstanceIds, Parameters }) => [InstanceIds, Parameters?.['Archive']])).toEqual([
      [[one], ['files_1.tar.gz']],
      [[two], ['files_2.tar.gz']],
    ]);
    hosts.endEach(well);
    await until(() => change().confirm());
    await change().undo();
    await until(() => change().confirmUndo());
    expect(sentTo(one)).toEqual(['stage-files', 'unstage-files']);
  });

  test('an archive that is not sound is said once every host has come to its end', async () => {
    await change().apply(target);
    let waits = true;
    hosts.endEach((document, host) => (host === one ? { code: 40, line: '' } : waits ? null : well(document)));
    expect(await change().confirm()).toMatchObject({ done: false, progress: `stage-files on ${two}` });
    waits = false;
    await expect(change().confirm()).rejects.toMatchObject({ name: 'RecoverySourceMissingError' });
  });

  test('nothing is unpacked of a snapshot of the volume', async () => {
    await expect(change().apply({ ...target, source: snapshot })).rejects.toMatchObject({
      name: 'ContractViolationError',
    });
    expect(hosts.sent()).toEqual([]);
  });
});
