import { emptyTables, startTables, stopTables } from '../tables';
import { some } from '../matchers';
import { changes, openArguments, startedAt } from '../fixtures';
import { execution } from '../quiet';
import { cloudwatch, executions, resetAws, s3, states } from './aws';
import { begin, claimFor } from './front-door';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import { errorNames } from '../../../contract/errors';
import { reportSchema } from '../../../contract/report';
import type { FinalStatus, Outcome, RunRef } from '../../../contract/run';
import { findRun } from '../../../lambdas/gateways/runs';
import { advanceChange, recordChange, recordChecks, recordDecision } from '../../../lambdas/run/journal';
import { handler as open } from '../../../lambdas/run/run-open';
import { handler as verify } from '../../../lambdas/run/run-verify';
import { finalStatus, handler } from '../../../lambdas/run/settle-report';

const runId = 'night-1';
const outside = { healthy: true, status: 200, detail: 'ok' };
const failed: Outcome = { status: 'failed', error: 'RestoreFailedError', cause: 'incompatible-restore' };
let run: RunRef;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  run = await begin(runId);
});

const objects = () => new Map(s3.commandCalls(PutObjectCommand).map(({ args: [{ input }] }) => [input.Key, input]));
const report = (id = runId) => {
  const body = objects().get(`reports/${id}/report.json`)?.Body;
  return reportSchema.parse(JSON.parse(typeof body === 'string' ? body : 'null'));
};

test('writes JSON and HTML, the status and the metrics', async () => {
  await claimFor(runId, failed);
  await recordChange(run, changes.page);
  await recordDecision(runId, { at: startedAt, subject: 'moment', choice: 'x', reason: 'y', alternatives: [] });
  await recordChecks(runId, [{ name: 'rows', status: 'passed', expected: '1', actual: '1', evidence: 'probe' }]);
  await expect(handler({ runId, outcome: failed, outside })).resolves.toEqual({
    status: 'failed',
    undoFailed: [],
    reportKey: 'reports/night-1/report.json',
  });
  expect(report()).toMatchObject({
    runId,
    status: 'failed',
    word: 'REAL',
    error: 'RestoreFailedError',
    health: outside,
    changes: [{ key: 'page' }],
    decisions: [{ subject: 'moment' }],
    checks: [{ name: 'rows' }],
  });
  expect(objects().get('reports/night-1/report.html')).toMatchObject({ ContentType: 'text/html; charset=utf-8' });
  await expect(findRun(runId)).resolves.toMatchObject({
    status: 'failed',
    undoFailed: [],
    reportKey: 'reports/night-1/report.json',
  });
  const [call] = cloudwatch.commandCalls(PutMetricDataCommand);
  const metrics = call?.args[0].input;
  expect(metrics?.Namespace).toBe('Lifeboat');
  expect(metrics?.MetricData?.map(({ MetricName, Value }) => [MetricName, Value])).toEqual([
    ['RunSucceeded', 0],
    ['RunFailed', 1],
    ['UndoFailed', 0],
    ['RunSeconds', some(Number)],
  ]);
  expect(metrics?.MetricData?.[0]?.Dimensions).toEqual([{ Name: 'environment', Value: 'production' }]);
});

test('reads the history of every execution of the run, page by page', async () => {
  const plan = execution('database-recovery', runId);
  await verify({ run, executionArn: plan });
  await claimFor(runId, failed, 'dead');
  executions.set(execution('settlement', 'dead'), { status: 'FAILED' });
  await claimFor(runId, failed, 'second');
  const event = (id: number, name: string) => ({
    id,
    type: 'TaskStateEntered' as const,
    timestamp: new Date(startedAt),
    stateEnteredEventDetails: { name },
  });
  states.on(GetExecutionHistoryCommand).resolves({ events: [] });
  states
    .on(GetExecutionHistoryCommand, { executionArn: plan })
    .resolves({ events: [event(1, 'One')], nextToken: 'more' });
  states
    .on(GetExecutionHistoryCommand, { executionArn: plan, nextToken: 'more' })
    .resolves({ events: [event(2, 'Two')] });
  await handler({ runId, outcome: failed, outside });
  expect(report().executions.map(({ executionArn }) => executionArn)).toEqual([
    execution('recovery', runId),
    plan,
    execution('settlement', 'dead'),
    execution('settlement', 'second'),
  ]);
  expect(report().timeline.map(({ name }) => name)).toEqual(['One', 'Two']);
});

test('reports a run whose input was refused', async () => {
  await expect(open(openArguments('night-2', { plan: 'x' }))).rejects.toThrow();
  const outcome: Outcome = { status: 'rejected', error: 'InvalidInputError', cause: 'plan: should be one of …' };
  await claimFor('night-2', outcome);
  await expect(handler({ runId: 'night-2', outcome, outside })).resolves.toMatchObject({ status: 'rejected' });
  expect(report('night-2')).toMatchObject({ plan: null, status: 'rejected', error: 'InvalidInputError' });
});

test('a change that could not be taken back fails the run and is named', async () => {
  await claimFor(runId, { status: 'succeeded' });
  await recordChange(run, changes.page);
  await advanceChange(runId, 'page', 'undo-failed', { error: 'no' });
  await expect(handler({ runId, outcome: { status: 'succeeded' }, outside })).resolves.toMatchObject({
    status: 'failed',
    undoFailed: ['page'],
  });
  expect(report()).toMatchObject({ status: 'failed', undoFailed: ['page'] });
});

test('a success whose application does not answer from outside is a failure by name', async () => {
  await claimFor(runId, { status: 'succeeded' });
  const unhealthy = { healthy: false, status: 502, detail: 'answered 502' };
  const outcome = { status: 'succeeded' } as const;
  await expect(handler({ runId, outcome, outside: unhealthy })).resolves.toMatchObject({ status: 'failed' });
  expect(report()).toMatchObject({ status: 'failed', error: 'ApplicationUnhealthyError', cause: 'answered 502' });
  await expect(findRun(runId)).resolves.toMatchObject({ status: 'failed', unhealthy: 'answered 502' });
});

test.each<[Outcome['status'], FinalStatus]>([
  ['succeeded', 'failed'],
  ['aborted', 'aborted'],
  ['denied', 'denied'],
  ['rejected', 'rejected'],
  ['failed', 'failed'],
])('%s with an unhealthy application is %s', (status, is) => {
  expect(finalStatus({ status }, [], true)).toBe(is);
});

test("the cause in the report is the message, without Lambda's JSON", async () => {
  const cause = JSON.stringify({ errorType: 'RestoreFailedError', errorMessage: 'no space', trace: ['at x'] });
  await claimFor(runId, { ...failed, cause });
  await handler({ runId, outcome: { ...failed, cause }, outside });
  expect(report().cause).toBe('no space');
});

const undone = { ...changes.page, runId, sequence: 1, state: 'undone', detail: {}, recordedAt: startedAt } as const;

test.each<[Outcome, FinalStatus, FinalStatus]>([
  // What came of it with nothing changed, and with something that was changed and put back.
  [{ status: 'succeeded' }, 'succeeded', 'succeeded'],
  [{ status: 'aborted' }, 'aborted', 'aborted'],
  [{ status: 'denied' }, 'denied', 'denied'],
  [failed, 'failed', 'failed'],
  ...errorNames('rejection').flatMap((error): [Outcome, FinalStatus, FinalStatus][] => [
    [{ status: 'failed', error }, 'rejected', 'failed'],
    [{ status: 'rejected', error }, 'rejected', 'failed'],
  ]),
])('%j is %s, after a change %s', (outcome, without, after) => {
  expect(finalStatus(outcome, [], false)).toBe(without);
  expect(finalStatus(outcome, [{ ...undone, state: 'not-applied' }], false)).toBe(without);
  expect(finalStatus(outcome, [undone], false)).toBe(after);
  expect(finalStatus(outcome, [{ ...undone, state: 'undo-failed' }], false)).toBe('failed');
});
