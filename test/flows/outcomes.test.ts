import * as z from 'zod';
import { errorNames } from '../../contract/errors';
import { outcomeSchema } from '../../contract/run';
import { containing } from '../asl/machines';
import { flow, type Ended, type Script } from './flow';

/** With which outcome the front door starts settling. */
function settledWith(ended: Ended): z.infer<typeof outcomeSchema> {
  const started = ended.calls.filter(({ machine, called }) => machine === 'recovery' && called === 'settlement');
  expect(started).toHaveLength(1);
  return z.object({ runId: z.string(), outcome: outcomeSchema }).parse(started[0]?.given).outcome;
}

const recovery = async (script: Script, nested: Readonly<Record<string, Script>> = {}) =>
  await flow('recovery', script, nested);

test('a run that goes well is settled as succeeded', async () => {
  const ended = await recovery({});
  expect(ended.status).toBe('SUCCEEDED');
  expect(settledWith(ended)).toEqual({ status: 'succeeded' });
});

test.each(errorNames('rejection'))(
  '%s in the plan is settled as a rejection, and the front door fails by it',
  async (error) => {
    const plan = { states: { 'Find the hosts': [{ fails: error, cause: 'because' }] } };
    const ended = await recovery({}, { 'database-recovery': plan });
    const status = error === 'ApprovalDeniedError' ? 'denied' : 'rejected';
    expect(settledWith(ended)).toEqual({ status, error, cause: 'because' });
    expect(ended).toMatchObject({ status: 'FAILED', error, cause: 'because', violations: [] });
  },
);

test.each(['Open the run', 'Take the lease', 'Announce the run'])(
  'what fails at "%s" starts no plan and is settled',
  async (state) => {
    const ended = await recovery({ states: { [state]: [{ fails: 'AccessDeniedError', cause: 'no' }] } });
    expect(settledWith(ended)).toEqual({ status: 'failed', error: 'AccessDeniedError', cause: 'no' });
    expect(ended.calls.filter(({ called }) => called === 'database-recovery')).toEqual([]);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'AccessDeniedError' });
  },
);

test.each([
  { ending: 'TIMED_OUT', described: { Status: 'TIMED_OUT' } },
  { ending: 'ABORTED, by somebody without a word', described: { Status: 'ABORTED' } },
])('a plan that ended $ending is settled as failed', async ({ described }) => {
  const cause = JSON.stringify({ Name: 'run', ...described });
  const ended = await recovery({ states: { 'Run database-recovery': [{ fails: 'States.TaskFailed', cause }] } });
  expect(settledWith(ended)).toEqual({ status: 'failed', error: 'States.TaskFailed', cause });
  expect(ended.status).toBe('FAILED');
});

test('a plan whose start is refused for good is settled as failed', async () => {
  const error = 'StepFunctions.ExecutionLimitExceededException';
  const ended = await recovery({ states: { 'Run database-recovery': [{ fails: error, cause: 'too many' }] } });
  expect(settledWith(ended)).toEqual({ status: 'failed', error, cause: 'too many' });
});

test('a plan is started again where Step Functions asks for it, and settled once', async () => {
  const error = 'StepFunctions.TooManyRequestsException';
  const ended = await recovery({ states: { 'Run database-recovery': [{ fails: error }, 'usual'] } });
  expect(settledWith(ended)).toEqual({ status: 'succeeded' });
  expect(ended.status).toBe('SUCCEEDED');
});

test('where settling fails, the front door says so and does not end well', async () => {
  const ended = await recovery(
    {},
    { settlement: { states: { 'Read the journal backwards': [{ fails: 'AccessDeniedError', cause: 'no' }] } } },
  );
  expect(ended).toMatchObject({ status: 'FAILED', error: 'AccessDeniedError' });
  expect(ended.cause).toBe('settling did not end well; the sweep takes over. no');
});

test('a plan that ended well with an application that does not answer is no success', async () => {
  const ended = await recovery(
    {},
    { settlement: { functions: { 'settle-report': { status: 'failed', undoFailed: [], reportKey: 'k' } } } },
  );
  expect(ended).toMatchObject({ status: 'FAILED', error: 'ApplicationUnhealthyError' });
});

test('a report that cannot be written keeps nobody from being told, and the lease from nobody', async () => {
  const ended = await flow('settlement', { states: { 'Write the report': [{ fails: 'AccessDeniedError' }] } });
  expect(ended.calls.map(({ called }) => called).slice(-2)).toEqual(['settle-announce', 'lease-release']);
  expect(ended).toMatchObject({ status: 'FAILED', error: 'UndoIncomplete' });
  expect(ended.cause).toContain('the report (AccessDeniedError)');
});

test('settling goes on past a change that cannot be taken back, and ends as failed with its name', async () => {
  const undo = ['maintenance-page', 'services', 'auto-scaling-processes'].map((kind) => ({ key: `the-${kind}`, kind }));
  const ended = await flow('settlement', {
    functions: { 'settle-plan': { undo, pointOfNoReturnPassed: false } },
    states: { 'Take back services': [{ fails: 'HostSilentError', cause: 'no answer' }] },
  });
  const undone = ended.calls.filter(({ called }) => called.startsWith('change-')).map(({ called }) => called);
  expect([...new Set(undone)]).toEqual(['change-maintenance-page', 'change-services', 'change-auto-scaling-processes']);
  expect(ended.calls.find(({ called }) => called === 'settle-undo-failed')?.given).toMatchObject({
    key: 'the-services',
    error: 'HostSilentError',
    cause: 'no answer',
  });
  expect(ended.calls.map(({ called }) => called).slice(-3)).toEqual([
    'settle-report',
    'settle-announce',
    'lease-release',
  ]);
  expect(ended).toMatchObject({ status: 'FAILED', error: 'UndoIncomplete', violations: [] });
  expect(ended.cause).toContain('the-services');
});

/** As Lambda gives a function's error to Step Functions. */
const thrown = (errorType: string, errorMessage: string) =>
  JSON.stringify({
    errorType,
    errorMessage,
    trace: [`${errorType}: ${errorMessage}`, '    at handler (index.js:1:1)'],
  });

test.each([
  {
    what: 'JSON of a function',
    cause: thrown('FenceFailedError', 'a "write" {went} \\ through'),
    words: 'a "write" {went} \\ through',
  },
  { what: 'JSON that was cut off', cause: thrown('FenceFailedError', 'x').slice(0, -5), words: undefined },
  { what: 'JSON of something else', cause: '{"Status":"ABORTED"}', words: undefined },
  { what: 'text', cause: 'no answer', words: undefined },
])('of a cause that is $what people read the words', async ({ cause, words = cause }) => {
  const failing: Script = { states: { 'Fence the old database': [{ fails: 'FenceFailedError', cause }] } };
  const ended = await recovery({}, { 'database-recovery': failing });
  expect(settledWith(ended)).toEqual({ status: 'failed', error: 'FenceFailedError', cause: words });
  expect(ended.cause).toBe(words);
});

test('what is settled by another touches nothing', async () => {
  const claim = { claimed: false, outcome: { status: 'failed' }, run: null, publicUrl: null, targetGroupArn: null };
  const ended = await flow('settlement', { functions: { 'settle-claim': claim } });
  expect(ended.calls.map(({ called }) => called)).toEqual(['settle-claim']);
});

test('the service that was active is what is stopped, and the copy is measured up to where the baseline reached', async () => {
  const ended = await flow('database-recovery');
  const given = (state: string) => ended.calls.find((call) => call.state === state)?.given;
  expect(given('Stop the services')).toMatchObject({
    before: { active: { 'i-0123456789abcdef0': ['nginx', 'interview-app'] } },
  });
  expect(given('Measure the copy')).toMatchObject({
    parameters: {
      Checks: containing('evaluations:id:user_id,question_id,score,feedback,created_at:2000|'),
    },
  });
  expect(given('Hold the copy against the baseline')).toMatchObject({ exact: true });
});
