import { reportMaterialSchema } from '../../report/material';
import { failedStep, timeline } from '../../report/timeline';
import { sample, samplePhases } from './fixtures';
import { FakeTime, HistoryBuilder } from './histories';

const START = Date.parse('2026-11-23T02:14:05.000Z');
const arn = 'arn:aws:states:us-east-1:123456789012:execution:m:r';

function stepsOf(make: (history: HistoryBuilder) => void) {
  const history = new HistoryBuilder(new FakeTime(START));
  make(history);
  return timeline([{ machine: 'database-recovery', executionArn: arn, events: history.events }], samplePhases);
}
const short = (make: (history: HistoryBuilder) => void) =>
  stepsOf(make).map(({ name, kind, status, attempts, rounds, lane }) => [
    name,
    kind,
    status,
    attempts,
    rounds ?? 0,
    lane,
  ]);

test('one step per task with all its attempts; choices and passes are left out', () => {
  expect(short((h) => h.task('A', 1, { failures: 2 }).choice('B?').task('C', 1).end('Succeeded'))).toEqual([
    ['A', 'task', 'done', 3, 0, 0],
    ['C', 'task', 'done', 1, 0, 0],
  ]);
});

test('a poll loop is one wait from its first asking to its last, and counts its rounds', () => {
  const steps = stepsOf((h) => h.task('Apply', 1).poll('In force', 'Wait', 5, 30).task('Next', 1).end('Succeeded'));
  expect(steps.map(({ name, kind, rounds }) => [name, kind, rounds])).toEqual([
    ['Apply', 'task', undefined],
    ['In force', 'wait', 5],
    ['Next', 'task', undefined],
  ]);
  expect(steps[1]?.end).toBe(steps[2]?.start);
});

test('a loop that waits first is named after the task that asks', () => {
  const loop = (h: HistoryBuilder) => h.wait('Wait', 5).task('Ask', 1).wait('Wait', 5).task('Ask', 1).end('Succeeded');
  expect(short(loop)).toEqual([['Ask', 'wait', 'done', 1, 2, 0]]);
});

test('branches of a Parallel have lanes of their own, iterations of a Map do not, and neither folds into a loop', () => {
  expect(
    short((h) =>
      h
        .parallel('P', [(b) => b.task('A', 3).poll('A done', 'Wait', 2, 5), (b) => b.task('A', 1)])
        .map('M', [(b) => b.task('Undo', 1), (b) => b.task('Undo', 1)])
        .end('Succeeded'),
    ),
  ).toEqual([
    ['A', 'task', 'done', 1, 0, 1],
    ['A', 'task', 'done', 1, 0, 2],
    ['A done', 'wait', 'done', 1, 2, 1],
    ['Undo', 'task', 'done', 1, 0, 0],
    ['Undo', 'task', 'done', 1, 0, 0],
  ]);
});

test('ids are unique and numbered by name', () => {
  const steps = stepsOf((h) => h.task('A', 1).task('B', 1).task('A', 1).end('Succeeded'));
  expect(steps.map(({ id }) => id)).toEqual([
    'database-recovery/A#1',
    'database-recovery/B#1',
    'database-recovery/A#2',
  ]);
});

const failure = { error: 'RestoreFailedError', cause: 'no' };

test('the step whose caught error ends the machine failed; undoing after it did not', () => {
  const steps = stepsOf((h) =>
    h
      .task('Other', 1, { failures: 1, recovers: false, error: 'ThrottledError' })
      .task('Restore', 1, { failures: 2, recovers: false, ...failure })
      .task('Compensate', 1)
      .end('Failed', failure),
  );
  expect(steps.map(({ name, status }) => [name, status])).toEqual([
    ['Other', 'caught'],
    ['Restore', 'failed'],
    ['Compensate', 'done'],
  ]);
  expect(failedStep(steps, 'RestoreFailedError')?.name).toBe('Restore');
  expect(steps[1]?.error).toBe('RestoreFailedError: no');
});

test('a wait whose rounds were used up failed, though none of its calls did', () => {
  const steps = stepsOf((h) => h.poll('Restored', 'Wait', 3, 30).end('Failed', { error: 'WaitExpired', cause: '' }));
  expect(steps.map(({ name, status, error }) => [name, status, error])).toEqual([
    ['Restored', 'failed', 'WaitExpired'],
  ]);
});

test('an uncaught failure, an abort, and what still runs', () => {
  expect(
    short((h) => h.task('A', 1, { failures: 1, recovers: false, caught: false }).end('Failed', failure))[0]?.[2],
  ).toBe('failed');
  expect(short((h) => h.task('A', 1).enter('Task', 'B').end('Aborted'))[1]?.[2]).toBe('aborted');
  expect(short((h) => h.task('A', 1).enter('Task', 'B'))[1]?.[2]).toBe('running');
});

test('a machine stands behind the step that started it, and its phases go on from state to state', () => {
  const steps = timeline(sample('recovered').material.histories, samplePhases);
  const at = (name: string) => steps.findIndex((step) => step.name === name);
  expect(steps[at('Run the plan')]?.kind).toBe('machine');
  expect(at('Verify the run')).toBe(at('Run the plan') + 1);
  expect(at('Settle')).toBeLessThan(at('Claim the settling'));
  expect(steps[at('Restore finished')]?.phase).toBe('restore');
  expect(steps[at('Targets healthy')]?.phase).toBe('cut over');
  expect(steps[at('Write the report')]).toMatchObject({ status: 'running', phase: 'settle', end: null });
});

test('histories come as the SDK gives them: dates, more fields, details of every kind', () => {
  const parsed = reportMaterialSchema.shape.histories.parse([
    {
      machine: 'recovery',
      executionArn: arn,
      events: [
        {
          id: 1,
          previousEventId: 0,
          timestamp: new Date(START),
          type: 'ExecutionStarted',
          executionStartedEventDetails: { input: '{}' },
        },
        {
          id: 2,
          previousEventId: 0,
          timestamp: new Date(START + 5),
          type: 'TaskStateEntered',
          stateEnteredEventDetails: { name: 'Open', input: '{}' },
        },
      ],
    },
  ]);
  expect(parsed[0]?.events[1]).toEqual({
    id: 2,
    previousEventId: 0,
    timestamp: '2026-11-23T02:14:05.005Z',
    type: 'TaskStateEntered',
    stateEnteredEventDetails: { name: 'Open' },
  });
});
