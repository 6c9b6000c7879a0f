import { emptyTables, startTables, stopTables } from '../tables';
import { description } from '../fixtures';
import { resetAws } from './aws';
import { begin } from './front-door';
import type { PlannedChange, Prediction } from '../../../contract/planned';
import type { AnsweredRight } from '../../../contract/rehearsal';
import type { Check, RunRef } from '../../../contract/run';
import { setRun } from '../../../lambdas/gateways/runs';
import { digestOf, findRehearsal, rightChecks } from '../../../lambdas/run/rehearsal';
import { handler as rehearse } from '../../../lambdas/run/run-rehearse';

const runId = 'night-1';
let run: RunRef;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  const live = await begin(runId);
  run = { ...live, mode: 'rehearse' };
  await setRun(runId, { mode: 'rehearse' });
});

const page: PlannedChange = {
  key: 'maintenance-page',
  kind: 'maintenance-page',
  step: 'Put the maintenance page up',
  target: { listenerArn: 'arn:l', title: 'Drills' },
  pointOfNoReturn: false,
};
const backup: PlannedChange = { ...page, key: 'backup', kind: 'first-backup', step: 'Take the first backup' };
const cutOver: PlannedChange = { ...page, key: 'record', kind: 'dns-record', step: 'Cut over', pointOfNoReturn: true };
const prediction: Prediction = { durationSeconds: 600, downtimeSeconds: 60, lossSeconds: 12.2, because: 'measured' };
const right = (more: Partial<AnsweredRight> = {}, decision = 'allowed', missing: string[] = []): AnsweredRight => ({
  right: {
    role: 'arn:aws:iam::123456789012:role/team/changer',
    actions: ['rds:ModifyDBInstance'],
    resource: 'arn:aws:rds:us-east-1:123456789012:db:one',
    context: [],
  },
  results: [{ action: 'rds:ModifyDBInstance', decision, missing }],
  error: null,
  ...more,
});
const given = (more: object = {}) => ({
  run,
  planned: [page, backup, cutOver],
  prediction,
  rehearsed: [],
  rights: [],
  ...more,
});
const told = async () => {
  const found = await findRehearsal(runId);
  if (found === null) throw new TypeError('nothing was recorded');
  return found;
};
const checkOf = (checks: readonly Check[], name: string) => checks.find((check) => check.name === name);

describe('what a rehearsal makes of what it found', () => {
  test('each change has its state before and after, and whether it can be taken back', async () => {
    const read = { key: 'maintenance-page', before: { pages: 0 }, checks: [], needs: [] };
    await rehearse(given({ rehearsed: [read] }));
    expect((await told()).changes).toEqual([
      expect.objectContaining({ key: 'maintenance-page', before: { pages: 0 }, after: page.target, undo: 'yes' }),
      expect.objectContaining({ key: 'backup', before: null, undo: 'kept' }),
      expect.objectContaining({ key: 'record', undo: 'no' }),
    ]);
  });

  test('what another run holds, and what the prediction breaks, counts as failed', async () => {
    const slow = { ...prediction, durationSeconds: description.objective.rtoMinutes * 60 + 1 };
    await expect(rehearse(given({ prediction: slow }))).resolves.toEqual({ failed: 2, unknown: 0 });
    const { checks } = await told();
    expect(checkOf(checks, 'the lease is free')).toMatchObject({ status: 'failed', actual: /night-1/ });
    expect(checkOf(checks, 'predicted duration inside the recovery time objective')).toMatchObject({
      status: 'failed',
      actual: `${slow.durationSeconds} s predicted`,
    });
    expect(checkOf(checks, 'predicted loss inside the recovery point objective')).toMatchObject({
      status: 'passed',
      actual: '13 s predicted',
    });
  });

  test('a loss that is not known is no pass', async () => {
    const unknown = { ...prediction, lossSeconds: null };
    await expect(rehearse(given({ prediction: unknown }))).resolves.toMatchObject({ unknown: 1 });
  });

  test('of one right that several changes need the worst answer is told, once', async () => {
    const rights = [right(), right({}, 'implicitDeny'), right()];
    await rehearse(given({ rights }));
    const { checks } = await told();
    const own = checks.filter(({ name }) => name.startsWith('rds:ModifyDBInstance'));
    expect(own.map(({ status }) => status)).toEqual(['failed']);
  });

  test('a run that is live is none', async () => {
    await expect(rehearse(given({ run: { ...run, mode: 'live' } }))).rejects.toMatchObject({
      name: 'ChangeStateError',
    });
    await expect(findRehearsal(runId)).resolves.toBeNull();
  });
});

test('a digest stands for the values, whatever the order of their fields, and for nothing else', () => {
  const turned = { ...page, target: { title: 'Drills', listenerArn: 'arn:l' } };
  expect(digestOf([turned])).toBe(digestOf([page]));
  expect(digestOf([{ ...page, before: undefined }])).toBe(digestOf([page]));
  expect(digestOf([{ ...page, target: { listenerArn: 'arn:l', title: 'drills' } }])).not.toBe(digestOf([page]));
  expect(digestOf([page, backup])).not.toBe(digestOf([backup, page]));
  expect(digestOf([{ ...page, target: ['a', 'b'] }])).not.toBe(digestOf([{ ...page, target: ['b', 'a'] }]));
});

describe('a right', () => {
  const one = (answered: AnsweredRight) => rightChecks([answered])[0];

  test.each([
    ['is there', right(), 'passed', /^allowed$/],
    ['is denied by a policy', right({}, 'explicitDeny', ['aws:SourceVpc']), 'failed', /^denied by a policy: /],
    ['is in no policy', right({}, 'implicitDeny'), 'failed', /^no policy allows it: /],
    ['depends on what is not known', right({}, 'implicitDeny', ['rds:Tag']), 'not-checkable', /depends on rds:Tag/],
    ['was not answered', right({ results: [] }), 'not-checkable', /answered nothing/],
    ['could not be asked', right({ error: 'AccessDenied' }), 'not-checkable', /could not be asked: AccessDenied/],
  ])('that %s', (_what, answered, status, actual) => {
    const check = one(answered);
    expect(check?.status).toBe(status);
    expect(check?.actual).toMatch(actual);
    expect(check).toMatchObject({ name: 'rds:ModifyDBInstance on db:one', expected: 'allowed to changer' });
  });

  test('on every resource is told as that', () => {
    const any = right();
    expect(one({ ...any, right: { ...any.right, resource: '*' } })?.name).toBe('rds:ModifyDBInstance on any resource');
  });
});
