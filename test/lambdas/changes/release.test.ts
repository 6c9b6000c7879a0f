import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/release';
import { recordChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeHosts, one, two } from './fake-hosts';
import { newRun, withTables, undoOf, verbs } from './world';

const hosts = fakeHosts();
let run: RunRef;
withTables();

const target = {
  hosts: [one, two],
  release: 'v2',
  folders: { [one]: 'v2', [two]: 'v2' },
  folder: '/var/www/interview-app',
  releasesFolder: '/var/www/releases',
  services: ['interview-app'],
  healthUrl: 'http://127.0.0.1/api/health',
};
/** The first host served well, the second one did not. */
const before = {
  serving: {
    [one]: { release: 'v1', folder: 'v1', healthy: true },
    [two]: { release: 'v1', folder: 'v1', healthy: false },
  },
};
const key = 'release-1';
const change = () => verbs<'release'>(handler, run, key);
/** What was switched back: host, and whether it has to be healthy with it. */
const back = () =>
  hosts
    .sent()
    .filter(({ Parameters }) => Parameters?.['Target']?.[0] === 'v1')
    .map(({ InstanceIds, Parameters }) => [...(InstanceIds ?? []), ...(Parameters?.['RequireHealth'] ?? [])]);

beforeEach(async () => {
  run = await newRun(releaseLease);
  hosts.reset();
  hosts.endEach(() => ({ code: 0, line: { was: 'v1', is: 'v2', healthy: true, restarted: true } }));
});

test('a run that fails puts no dead release back', async () => {
  await change().apply(target, { before });
  await change().undo();
  expect(back()).toEqual([[one, 'no']]);
  await expect(change().confirmUndo()).resolves.toMatchObject({ done: true });
});

describe('a person who undoes the run', () => {
  const undo = async () => handler({ verb: 'undo', run: await undoOf(run, releaseLease), key, of: run.id });

  test('has every host back, the dead one where it becomes healthy', async () => {
    await change().apply(target, { before });
    await change().confirm();
    await undo();
    expect(back()).toEqual([
      [one, 'no'],
      [two, 'yes'],
    ]);
  });

  test('has no dead release back where the run had restored what it lives on as well', async () => {
    await recordChange(run, {
      key: 'stop-services',
      kind: 'services',
      target: { hosts: [one, two], services: ['interview-app'] },
      before: { active: {} },
      pointOfNoReturn: false,
    });
    await change().apply(target, { before });
    await change().confirm();
    await undo();
    expect(back()).toEqual([[one, 'no']]);
  });
});
