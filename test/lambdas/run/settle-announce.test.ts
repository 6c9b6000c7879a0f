import { emptyTables, startTables, stopTables } from '../tables';
import { changes, openArguments } from '../fixtures';
import { resetAws, sent, sns } from './aws';
import { begin, claimFor } from './front-door';
import { PublishCommand, ThrottledException } from '@aws-sdk/client-sns';
import type { FinalStatus, RunRef } from '../../../contract/run';
import { findRun, requireRun, setRun } from '../../../lambdas/gateways/runs';
import { advanceChange, listChanges, recordChange } from '../../../lambdas/run/journal';
import { handler as open } from '../../../lambdas/run/run-open';
import { handler as tell, outcomeMessage } from '../../../lambdas/run/settle-announce';

const runId = 'night-1';
let run: RunRef;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  run = await begin(runId);
});

const message = async () => outcomeMessage(await requireRun(runId), await listChanges(runId), 'bucket');

test('sends the outcome once', async () => {
  await claimFor(runId);
  await setRun(runId, { status: 'failed' });
  await expect(tell({ runId })).resolves.toEqual({ sent: true });
  await expect(tell({ runId })).resolves.toEqual({ sent: false });
  expect(sent().map(({ Subject }) => Subject)).toEqual(['[REAL] ACT NOW: failed: database-recovery of production']);
  await expect(findRun(runId)).resolves.toMatchObject({ outcomeSent: { state: 'sent' } });
});

test('of two at a time one sends, the other is told to come again', async () => {
  await claimFor(runId);
  const both = await Promise.allSettled([tell({ runId }), tell({ runId })]);
  expect(sent()).toHaveLength(1);
  for (const one of both) {
    if (one.status === 'rejected') expect(one.reason).toMatchObject({ name: 'ServiceUnavailableError' });
  }
  await expect(tell({ runId })).resolves.toEqual({ sent: false });
});

test('what SNS refused is sent by the next attempt at once', async () => {
  await claimFor(runId);
  sns
    .on(PublishCommand)
    .rejectsOnce(new ThrottledException({ message: 'slow', $metadata: {} }))
    .resolves({});
  await expect(tell({ runId })).rejects.toMatchObject({ name: 'ThrottledError' });
  await expect(tell({ runId })).resolves.toEqual({ sent: true });
});

test('where a caller died while sending, the next one waits out its life and sends again', async () => {
  await claimFor(runId);
  await setRun(runId, { outcomeSent: { state: 'sending', at: new Date().toISOString() } });
  await expect(tell({ runId })).rejects.toMatchObject({ name: 'ServiceUnavailableError' });
  await setRun(runId, { outcomeSent: { state: 'sending', at: new Date(Date.now() - 31_000).toISOString() } });
  await expect(tell({ runId })).resolves.toEqual({ sent: true });
});

test.each<[FinalStatus, string, string]>([
  ['succeeded', '[REAL] succeeded:', 'Read the report'],
  ['rejected', '[REAL] rejected:', 'Nothing was changed. Correct'],
  ['denied', '[REAL] denied:', 'Nothing was changed'],
  ['aborted', '[REAL] aborted:', 'what it had changed was put back'],
  ['failed', '[REAL] ACT NOW: failed:', 'before its point of no return'],
])('%s says what to do next', async (status, subject, words) => {
  await claimFor(runId, { status, ...(status === 'succeeded' ? {} : { error: 'SomeError', cause: 'the cause' }) });
  await setRun(runId, { status });
  const { subject: is, text } = await message();
  expect(is).toContain(subject);
  expect(text).toContain(words);
  expect(text).toContain('s3://bucket/reports/night-1/report.html');
  expect(text.includes('SomeError: the cause')).toBe(status !== 'succeeded');
});

test.each<FinalStatus>(['failed', 'aborted'])(
  '%s after the point of no return calls a person and warns of going back',
  async (status) => {
    await recordChange(run, changes.record);
    await setRun(runId, { status, undoFailed: [] });
    const { subject, text } = await message();
    expect(subject).toContain('ACT NOW');
    expect(text).toContain('Do not switch back');
    expect(text).not.toContain('start again');
  },
);

test('a success whose application does not answer calls a person, by name and cause', async () => {
  await claimFor(runId, { status: 'succeeded' });
  await setRun(runId, { status: 'failed', unhealthy: 'answered 502' });
  const { subject, text } = await message();
  expect(subject).toContain('ACT NOW: failed');
  expect(text).toContain(
    'Error:       ApplicationUnhealthyError: the run had done its work, but from outside: answered 502',
  );
});

test("the error is the message, without Lambda's JSON, also of a nested execution", async () => {
  const ofLambda = JSON.stringify({ errorType: 'X', errorMessage: 'no space left', trace: ['at x (y.js:1)'] });
  const cause = JSON.stringify({ Error: 'RestoreFailedError', Cause: ofLambda });
  await claimFor(runId, { status: 'failed', error: 'RestoreFailedError', cause });
  await setRun(runId, { status: 'failed' });
  const { text } = await message();
  expect(text).toContain('Error:       RestoreFailedError: no space left\n');
  expect(text).not.toContain('trace');
});

test('names what serves now, the old instance and its fence, and the next command', async () => {
  await recordChange(run, changes.record);
  await advanceChange(runId, 'record', 'confirmed');
  await recordChange(run, changes.fence);
  await advanceChange(runId, 'fence', 'confirmed');
  await recordChange(run, changes.replacement);
  await setRun(runId, { status: 'failed' });
  const { text } = await message();
  expect(text).toContain('- db leads to new.\n');
  expect(text).toContain('interview-drills-production is fenced by the security group sg-0f0e0d0c0b0a09081.\n');
  expect(text).toContain('made as lifeboat-production-run (not certain: the change is recorded).');
  expect(text).toContain('Next command: aws s3 cp s3://bucket/reports/night-1/report.html .');
});

test('says to which region users are led, by a move or by its being taken back', async () => {
  const target = {
    region: 'w',
    bucket: 'b',
    key: 'k',
    standbyServes: true,
    name: 'app.example',
    leadsTo: 'w.app.example',
  };
  const change = { kind: 'region-traffic', target, before: { standbyServes: false }, pointOfNoReturn: true } as const;
  await recordChange(run, { ...change, key: 'move' });
  await advanceChange(runId, 'move', 'confirmed');
  await recordChange(run, { ...change, key: 'undo-move', undoes: { runId: 'earlier', key: 'move' } });
  await setRun(runId, { status: 'failed' });
  const { text } = await message();
  expect(text).toContain('Users of app.example are led to w.app.example.\n');
  expect(text).toContain('are led away from w.app.example again (not certain: the change is recorded).');
});

test('where everything was taken back, the old database serves, and the next command starts again', async () => {
  await recordChange(run, changes.fence);
  await advanceChange(runId, 'fence', 'undone');
  await setRun(runId, { status: 'aborted' });
  const { text } = await message();
  expect(text).toContain('leads to the instance that it led to before the run');
  expect(text).not.toContain('fenced');
  expect(text).toContain(
    'start-execution --state-machine-arn arn:aws:states:us-east-1:123456789012:stateMachine:lifeboat-production-recovery --name',
  );
});

test('names what could not be taken back', async () => {
  await recordChange(run, changes.page);
  await advanceChange(runId, 'page', 'undo-failed', { error: 'no' });
  await setRun(runId, { status: 'failed', undoFailed: ['page'] });
  expect((await message()).text).toContain('Could not be taken back: page.');
});

test('a run whose input was refused, and a drill, in words', async () => {
  await expect(open(openArguments('night-2', {}))).rejects.toThrow();
  const refused = outcomeMessage(
    { ...(await requireRun('night-2')), status: 'rejected', environment: 'drill' },
    [],
    'bucket',
  );
  expect(refused.subject).toBe('[DRILL] rejected: run of drill');
  expect(refused.text).toContain('none (the input was refused)');
  expect(refused.text).toContain('us-east-1');
});
