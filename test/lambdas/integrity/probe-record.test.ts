import { emptyTables, startTables, stopTables } from '../tables';
import { measure, settings, table } from '../fixtures';
import { cloudwatch, resetAws } from '../run/aws';
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { RecoverySourceMissingError } from '../../../contract/errors';
import type { CurrentInstance } from '../../../contract/tasks/database';
import { lastPass, latest, storedSettings } from '../../../lambdas/gateways/evidence';
import * as instances from '../../../lambdas/gateways/current-instance';
import { handler } from '../../../lambdas/integrity/probe-record';

jest.mock('../../../lambdas/gateways/current-instance', () => ({ currentInstance: jest.fn() }));
const currentInstance = jest.mocked(instances.currentInstance);

const instance = (resourceId = 'db-1'): CurrentInstance => ({
  instanceIdentifier: 'interview-drills-production',
  resourceId,
  status: 'available',
  endpoint: null,
  settings,
  settingsFrom: 'instance',
});

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  currentInstance.mockResolvedValue(instance());
});

const at = (minute: number) => `2026-11-23T02:${minute}:00Z`;
const users = (minute: number, rows: number) =>
  measure(at(minute), [table('users', rows), table('evaluations', 0, { through: '' }), table('schema_migrations', 7)]);
const metrics = () =>
  cloudwatch.commandCalls(PutMetricDataCommand).flatMap(({ args: [{ input }] }) => input.MetricData ?? []);

test('the first probe passes, and is kept with the settings of its instance', async () => {
  await expect(handler({ measure: users(10, 100) })).resolves.toMatchObject({ passed: true, takenAt: at(10) });
  await expect(lastPass()).resolves.toMatchObject({ takenAt: at(10), settings, instance: { resourceId: 'db-1' } });
  await expect(storedSettings('interview-drills-production')).resolves.toMatchObject({ settings });
  expect(metrics()).toEqual([
    {
      MetricName: 'IntegrityProbePassed',
      Value: 1,
      Unit: 'Count',
      Dimensions: [{ Name: 'environment', Value: 'production' }],
    },
  ]);
});

test('one that does not pass is a result: kept, with the metric 0, and the last pass stays', async () => {
  await handler({ measure: users(10, 100) });
  const { passed, checks } = await handler({ measure: users(15, 50) });
  expect(passed).toBe(false);
  expect(checks.find(({ name }) => name === 'rows of users')).toMatchObject({ status: 'failed', actual: '50 rows' });
  await expect(lastPass()).resolves.toMatchObject({ takenAt: at(10) });
  await expect(latest()).resolves.toMatchObject({ takenAt: at(15), passed: false });
  expect(metrics().map(({ Value }) => Value)).toEqual([1, 0]);
});

test('a repeated call comes to the same judgement', async () => {
  await handler({ measure: users(10, 100) });
  const first = await handler({ measure: users(15, 50) });
  await expect(handler({ measure: users(15, 50) })).resolves.toEqual(first);
});

test('a copy after a recovery is held against its own passes only', async () => {
  await handler({ measure: users(10, 100) });
  currentInstance.mockResolvedValue(instance('db-2'));
  await expect(handler({ measure: users(20, 50) })).resolves.toMatchObject({ passed: true });
  await expect(handler({ measure: users(25, 40) })).resolves.toMatchObject({ passed: false });
});

test('an instance that nothing is known of is an error, and nothing is kept', async () => {
  currentInstance.mockRejectedValue(new RecoverySourceMissingError('gone'));
  await expect(handler({ measure: users(10, 100) })).rejects.toMatchObject({ name: 'RecoverySourceMissingError' });
  await expect(latest()).resolves.toBeNull();
});
