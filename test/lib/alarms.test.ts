import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deployment } from '../../sandbox/deployment';
import { deployed, synthesized } from './deployed';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-alarms-'));
let stack: Deployment;
beforeAll(async () => {
  stack = await deployed(synthesized(folder), 'drill');
});
afterAll(async () => {
  await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

const headings = (): string[] =>
  readFileSync(join(__dirname, '..', '..', 'docs', 'operating.md'), 'utf8')
    .split('\n')
    .flatMap((line) => /^#{2,4} (.+)$/.exec(line)?.[1] ?? []);

test('what would fail in silence has an alarm that tells the people, also when it is over', () => {
  const topic = 'arn:aws:sns:us-east-1:123456789012:lifeboat-drill-notifications';
  const found = stack.parts.alarms.definitions();
  expect(found.map(({ AlarmName, MetricName }) => `${AlarmName}: ${MetricName ?? ''}`).sort()).toEqual([
    'lifeboat-drill-probe-not-passed: IntegrityProbePassed',
    'lifeboat-drill-settlement-failed: ExecutionsFailed',
    'lifeboat-drill-settlement-timed-out: ExecutionsTimedOut',
    'lifeboat-drill-sweep-failed: Errors',
    'lifeboat-drill-undo-failed: UndoFailed',
  ]);
  for (const { AlarmActions, OKActions } of found) expect([AlarmActions, OKActions]).toEqual([[topic], [topic]]);
});

test('a probe that is silent counts as not passed; its period is that of the probe', () => {
  const probe = stack.parts.alarms.definitions().find(({ MetricName }) => MetricName === 'IntegrityProbePassed');
  expect(probe).toMatchObject({
    Namespace: 'Lifeboat',
    Dimensions: [{ Name: 'environment', Value: 'drill' }],
    Period: 60,
    TreatMissingData: 'breaching',
    Threshold: 1,
    ComparisonOperator: 'LessThanThreshold',
  });
});

test('every alarm says what to do and names a heading of the operating guide that exists', () => {
  for (const { AlarmDescription = '' } of stack.parts.alarms.definitions()) {
    const [, heading] = /docs\/operating\.md, "(.+)"$/.exec(AlarmDescription) ?? [];
    expect(headings()).toContain(heading);
  }
});

test("CloudWatch may publish for this environment's alarms, and for no others", () => {
  const { gate, topics } = stack.parts;
  const topic = 'arn:aws:sns:us-east-1:123456789012:lifeboat-drill-notifications';
  const key = topics.keyOf(topic) ?? '';
  const alarm = (name: string) => `arn:aws:cloudwatch:us-east-1:123456789012:alarm:${name}`;
  const may = (name: string) =>
    [
      { action: 'sns:Publish', resource: topic },
      { action: 'kms:GenerateDataKey', resource: key },
      { action: 'kms:Decrypt', resource: key },
    ].map((permission) => gate.allowsService('cloudwatch.amazonaws.com', permission, alarm(name)));
  for (const { AlarmName } of stack.parts.alarms.definitions()) expect(may(AlarmName)).toEqual([true, true, true]);
  expect(may('lifeboat-production-undo-failed')).toEqual([false, false, false]);
});

test('who publishes may use the key of the topic', () => {
  const { gate, roles, topics } = stack.parts;
  const topic = 'arn:aws:sns:us-east-1:123456789012:lifeboat-drill-notifications';
  const resource = topics.keyOf(topic) ?? '';
  const publishers = roles
    .all()
    .filter((role) => gate.decide(role, { action: 'sns:Publish', resource: topic }).verdict === 'allowed');
  expect(publishers).toHaveLength(3);
  for (const role of publishers) {
    expect(
      ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => gate.decide(role, { action, resource }).verdict),
    ).toEqual(['allowed', 'allowed']);
  }
});
