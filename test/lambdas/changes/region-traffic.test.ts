import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/region-traffic';
import { findChange, listChanges } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { pointOfNoReturnPassed } from '../../../lambdas/run/undo';
import { containing } from '../matchers';
import { awsError, denied, newRun, withTables, undoOf, verbs } from './world';

/** DNS, as a test lets it answer. */
const mockNames = new Map<string, string>();
jest.mock('node:dns/promises', () => ({
  resolve4: async (name: string) => {
    const address = mockNames.get(name);
    return await (address === undefined ? Promise.reject(new Error(`ENOTFOUND ${name}`)) : Promise.resolve([address]));
  },
}));

const s3 = mockClient(S3Client);
const target = {
  region: 'us-west-2',
  bucket: 'switch',
  key: 'standby-serves',
  standbyServes: true,
  name: 'app.example',
  leadsTo: 'us-west-2.app.example',
};
const [home, standby] = ['192.0.2.1', '198.51.100.1'];
let object = false;
const lead = (address: string | null) => {
  if (address === null) mockNames.delete(target.name);
  else mockNames.set(target.name, address);
};
let run: RunRef;
withTables();
beforeEach(async () => {
  s3.reset();
  object = false;
  mockNames.set(target.leadsTo, standby).set('us-east-1.app.example', home);
  lead(home);
  s3.on(HeadObjectCommand).callsFake(() => {
    if (!object) throw awsError('NotFound', 'no such object', 404);
    return {};
  });
  s3.on(PutObjectCommand).callsFake(() => {
    object = true;
    return {};
  });
  s3.on(DeleteObjectCommand).callsFake(() => {
    object = false;
    return {};
  });
  run = await newRun(releaseLease);
});
const change = () => verbs<'region-traffic'>(handler, run, 'traffic');
const puts = () => s3.commandCalls(PutObjectCommand).map(({ args: [{ input }] }) => input);

test('puts the object there, and is in force once the name that users know leads there', async () => {
  await change().apply(target);
  expect(puts()).toMatchObject([{ Bucket: 'switch', Key: 'standby-serves' }]);
  expect((await findChange(run.id, 'traffic')).before).toEqual({ standbyServes: false });
  expect(await change().confirm()).toMatchObject({ done: false, progress: containing('does not lead to us-west-2') });
  lead(null);
  expect(await change().confirm()).toMatchObject({ done: false });
  lead(standby);
  expect(await change().confirm()).toMatchObject({ done: true });
});

test('a finished one is taken back under another run: the object goes, and it is waited until users are led away', async () => {
  await change().apply(target);
  lead(standby);
  await change().confirm();
  const later = await undoOf(run, releaseLease);
  const back = { run: later, key: 'traffic', of: run.id };
  await handler({ verb: 'undo', ...back });
  expect(object).toBe(false);
  await expect(handler({ verb: 'confirm-undo', ...back })).resolves.toMatchObject({
    done: false,
    progress: 'app.example still leads to us-west-2.app.example',
  });
  // A name that leads nowhere leads nobody home.
  lead(null);
  await expect(handler({ verb: 'confirm-undo', ...back })).resolves.toMatchObject({ done: false });
  lead(home);
  await expect(handler({ verb: 'confirm-undo', ...back })).resolves.toMatchObject({ done: true });
  expect((await findChange(run.id, 'traffic')).state).toBe('undone');
  expect(await findChange(later.id, 'undo-traffic')).toMatchObject({ state: 'confirmed' });
});

test('the way back home is taken back by putting the object there again', async () => {
  object = true;
  lead(standby);
  await change().apply({ ...target, standbyServes: false, leadsTo: 'us-east-1.app.example' });
  expect(object).toBe(false);
  lead(home);
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(object).toBe(true);
  expect(await change().confirmUndo()).toMatchObject({ done: false });
  lead(standby);
  expect(await change().confirmUndo()).toMatchObject({ done: true });
});

test('one that found the object there led nobody: taken back it waits for nobody', async () => {
  object = true;
  lead(standby);
  await change().apply(target);
  await change().confirm();
  await change().undo();
  expect([object, (await change().confirmUndo()).done]).toEqual([true, true]);
});

test('a bucket that may not be written to is an error by name, and nothing was changed', async () => {
  s3.on(PutObjectCommand).rejects(denied());
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'AccessDeniedError' });
  expect((await findChange(run.id, 'traffic')).state).toBe('not-applied');
});

test('a switch that may not be put back was not passed: the run that led users is in force, and that undo has no point of no return', async () => {
  await change().apply(target, { pointOfNoReturn: true });
  lead(standby);
  await change().confirm();
  const later = await undoOf(run, releaseLease);
  const back = { run: later, key: 'traffic', of: run.id };
  s3.on(DeleteObjectCommand).rejects(denied());
  await expect(handler({ verb: 'undo', ...back })).rejects.toMatchObject({ name: 'UndoFailedError' });
  expect((await findChange(run.id, 'traffic')).state).toBe('confirmed');
  expect(await findChange(later.id, 'undo-traffic')).toMatchObject({ state: 'not-applied' });
  expect(pointOfNoReturnPassed(await listChanges(later.id))).toBe(false);
});

test('where the answer of the first call was lost nobody knows, and a person is called', async () => {
  await change().apply(target);
  lead(standby);
  await change().confirm();
  const later = await undoOf(run, releaseLease);
  const back = { run: later, key: 'traffic', of: run.id };
  s3.on(DeleteObjectCommand).rejects(awsError('InternalError', 'try again', 500));
  await expect(handler({ verb: 'undo', ...back })).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  s3.on(DeleteObjectCommand).rejects(denied());
  await expect(handler({ verb: 'undo', ...back })).rejects.toMatchObject({ name: 'UndoFailedError' });
  expect(await findChange(later.id, 'undo-traffic')).toMatchObject({ state: 'recorded' });
});
