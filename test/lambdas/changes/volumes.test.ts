import type { RunRef } from '../../../contract/run';
import { handler as closedHandler } from '../../../lambdas/changes/volume-closed';
import { handler as expiryHandler } from '../../../lambdas/changes/volume-expiry';
import { handler as mergeHandler } from '../../../lambdas/changes/volume-merge';
import { handler as snapshotHandler } from '../../../lambdas/changes/volume-snapshot';
import { findChange, listChanges } from '../../../lambdas/run/journal';
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
const sentDocuments = () => hosts.sent().map(({ DocumentName, InstanceIds }) => [DocumentName, InstanceIds]);

describe('volume-closed', () => {
  const target = { hosts: [one, two], volume };
  const change = () => verbs<'volume-closed'>(closedHandler, run, 'close');

  test('unmounts; undo mounts where it was mounted before, and nowhere else', async () => {
    await change().apply(target, { before: { mounted: [two] } });
    hosts.end({ code: 0, line: { was: 'mounted' } });
    expect(await change().confirm()).toMatchObject({ done: true });
    await change().undo();
    expect(await change().confirmUndo()).toMatchObject({ done: true });
    expect(sentDocuments()).toEqual([
      ['lifeboat-drill-close-volume', [one, two]],
      ['lifeboat-drill-open-volume', [two]],
    ]);
  });

  test('what has it open is an error of its own', async () => {
    await change().apply(target, { before: { mounted: [one, two] } });
    hosts.end({ code: 61, line: '' });
    await expect(change().confirm()).rejects.toMatchObject({ name: 'VolumeBusyError' });
  });

  test('the state before has to be given, and where nothing was mounted nothing is sent back', async () => {
    await expect(change().apply(target)).rejects.toMatchObject({ name: 'ContractViolationError' });
    expect(await listChanges(run.id)).toEqual([]);
    await change().apply(target, { before: { mounted: [] } });
    await change().undo();
    expect(await change().confirmUndo()).toMatchObject({ done: true });
    expect(hosts.sent()).toHaveLength(1);
  });
});

describe('volume-merge', () => {
  const target = { hosts: [one, two], volume, services: ['nginx'], snapshot: 'before', safety: 'safety' };
  const before = { rewritesMegabytes: { [one]: 3, [two]: 4 } };
  const change = () => verbs<'volume-merge'>(mergeHandler, run, 'merge');

  test('keeps what is there and merges, then waits for the end of the merge, which is no end of a command', async () => {
    await change().apply(target, { before });
    expect(hosts.sent()[0]).toMatchObject({
      DocumentName: 'lifeboat-drill-merge-snapshot',
      Parameters: { Snapshot: ['before'], Safety: ['safety'], Megabytes: ['512'], Run: [run.id] },
    });
    hosts.end({ code: 0, line: { state: 'merging', safety: 'safety', safetyMegabytes: 20 } });
    expect(await change().confirm()).toMatchObject({ done: false, progress: 'merging' });
    expect(hosts.sent()[1]).toMatchObject({ DocumentName: 'lifeboat-drill-await-merge', InstanceIds: [one, two] });
    hosts.end({ code: 0, line: { seconds: 3, safetyMegabytes: 20, safetyUsedMegabytes: 4 } });
    expect(await change().confirm()).toMatchObject({ done: true });
    expect(hosts.sent()).toHaveLength(2);
  });

  test('a snapshot that is open fails it, and its undo is sent all the same', async () => {
    await change().apply(target, { before });
    hosts.end({ code: 61, line: '' });
    await expect(change().confirm()).rejects.toMatchObject({ name: 'VolumeBusyError' });
    hosts.end({ code: 0, line: { state: 'never-merged', restarted: [] } });
    await change().undo();
    expect(hosts.sent()[1]).toMatchObject({
      DocumentName: 'lifeboat-drill-undo-merge',
      Parameters: { Services: ['nginx'], MountUnit: ['srv.mount'], Snapshot: ['before'], Safety: ['safety'] },
    });
    expect(await change().confirmUndo()).toMatchObject({ done: true });
    expect((await findChange(run.id, 'merge')).state).toBe('undone');
  });

  test('a host that is lost keeps no other from being put back, and fails the undo by its name at the end', async () => {
    await change().apply(target, { before });
    hosts.lose(two);
    await change().undo();
    expect(sentDocuments().slice(1)).toEqual([['lifeboat-drill-undo-merge', [one]]]);
    expect(await change().confirmUndo()).toMatchObject({ done: false });
    hosts.end({ code: 0, line: { state: 'merged-back', restarted: [] } });
    const failed = await change()
      .confirmUndo()
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({ name: 'UndoFailedError' });
    expect(String(failed)).toContain(`${two} is ConnectionLost`);
    // A further attempt is sent anew.
    await expect(change().undo()).resolves.toBeDefined();
    expect(hosts.sent()).toHaveLength(3);
  });
});

test('volume-snapshot: undo leaves it, since nothing that holds data is deleted', async () => {
  const change = verbs<'volume-snapshot'>(snapshotHandler, run, 'take');
  await change.apply({ hosts: [one], volume, snapshot: 'lifeboat-1' }, { before: { exists: false } });
  hosts.end({ code: 63, line: '' });
  await expect(change.confirm()).rejects.toMatchObject({ name: 'VolumeFullError' });
  await change.undo();
  expect(await change.confirmUndo()).toMatchObject({ done: true });
  expect(sentDocuments()).toEqual([['lifeboat-drill-take-snapshot', [one]]]);
});

test('volume-expiry: what was removed cannot be had back, which its undo says', async () => {
  const change = verbs<'volume-expiry'>(expiryHandler, run, 'expire');
  await change.apply({ hosts: [one], volume }, { before: { snapshots: { [one]: ['old'] } } });
  expect(hosts.sent()[0]?.Parameters).toMatchObject({ Keep: ['3'] });
  hosts.end({ code: 0, line: { removed: ['old'], kept: 0 } });
  expect(await change.confirm()).toMatchObject({ done: true });
  await expect(change.undo()).rejects.toMatchObject({ name: 'UndoFailedError' });
});
