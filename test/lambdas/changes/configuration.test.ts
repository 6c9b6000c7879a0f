import type { ChangeTarget } from '../../../contract/changes';
import type { RunRef } from '../../../contract/run';
import { handler as configurationHandler } from '../../../lambdas/changes/configuration';
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

const VERSION = '2026-11-20T02:15:00Z';
const HEALTH = 'http://127.0.0.1/api/health';
const targetOf = (HealthUrls: string): ChangeTarget<'configuration'> => ({
  hosts: [one, two],
  version: VERSION,
  parameters: {
    Root: '/',
    Files: 'nginx|nginx|/etc/nginx/nginx.conf|nginx.conf|nginx.service:reload',
    Secrets: '',
    Region: 'us-east-1',
    Bucket: 'orders-configuration',
    Prefix: '',
    Folder: '/backup/config',
    Versions: `${VERSION}=nginx:1`,
    Kept: '/var/lib/lifeboat',
    HealthUrls,
  },
  expiresInDays: 14,
});
const placed = { version: VERSION, before: { nginx: null }, files: { nginx: 'a'.repeat(64) }, services: [] };
const putBack = { putBack: ['nginx'], files: { nginx: 'b'.repeat(64) }, services: [] };
/** The second host does not come to health; both put back what they had where they are told to. */
const secondFails = (document: string, host: string) => {
  if (document === 'put-back-configuration') return { code: 0, line: putBack };
  return host === two ? { code: 9, line: '' } : { code: 0, line: placed };
};

const before = { inForce: {}, kept: '/var/lib/lifeboat/run/configuration' };
const change = () => verbs<'configuration'>(configurationHandler, run, 'place');
const putBackOn = () =>
  hosts
    .sent()
    .filter(({ DocumentName }) => DocumentName === 'lifeboat-drill-put-back-configuration')
    .map(({ InstanceIds }) => InstanceIds);

test('it is placed with the run and the day until which the replaced files are kept; confirmed, every host goes back', async () => {
  await change().apply(targetOf(HEALTH), { before });
  expect(hosts.sent()).toMatchObject([
    {
      DocumentName: 'lifeboat-drill-place-configuration',
      InstanceIds: [one, two],
      Parameters: { Run: [run.id], Versions: [`${VERSION}=nginx:1`], HealthUrls: [HEALTH] },
    },
  ]);
  expect(await change().confirm()).toEqual({ done: false, progress: 'placing the configuration' });
  hosts.endEach((document) => ({ code: 0, line: document === 'place-configuration' ? placed : putBack }));
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(putBackOn()).toEqual([[one, two]]);
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect((await findChange(run.id, 'place')).state).toBe('undone');
});

test('a host that came to health keeps it where another one did not', async () => {
  await change().apply(targetOf(HEALTH), { before });
  hosts.endEach(secondFails);
  await expect(change().confirm()).rejects.toMatchObject({ name: 'ApplicationUnhealthyError' });
  await change().undo();
  expect(putBackOn()).toEqual([[two]]);
});

test('where nobody asks for health, nobody has come to it: all of them go back', async () => {
  await change().apply(targetOf(''), { before });
  hosts.endEach(secondFails);
  await expect(change().confirm()).rejects.toMatchObject({ name: 'ApplicationUnhealthyError' });
  await change().undo();
  expect(putBackOn()).toEqual([[one, two]]);
});

test('the state before has to be given', async () => {
  await expect(change().apply(targetOf(HEALTH))).rejects.toMatchObject({ name: 'ContractViolationError' });
});
