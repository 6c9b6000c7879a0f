import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import { mockClient } from 'aws-sdk-client-mock';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/database-alarms';
import { releaseLease } from '../../../lambdas/run/lease';
import { newRun, withTables, verbs } from './world';

const cloudWatch = mockClient(CloudWatchClient);
const alarms = new Map<string, MetricAlarm>();
const target = { alarms: ['connections', 'storage'], from: 'orders', to: 'lifeboat-drill-run' };
const dimension = (Value: string) => ({ Name: 'DBInstanceIdentifier', Value });
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  alarms.clear();
  alarms.set('connections', {
    AlarmName: 'connections',
    AlarmArn: 'arn:alarm:connections',
    AlarmDescription: 'runbook: x',
    StateValue: 'OK',
    ActionsEnabled: true,
    AlarmActions: ['arn:topic'],
    Namespace: 'AWS/RDS',
    MetricName: 'DatabaseConnections',
    Dimensions: [{ Name: 'Other', Value: 'y' }, dimension('orders')],
    Period: 60,
    EvaluationPeriods: 3,
    Threshold: 80,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'breaching',
  });
  alarms.set('storage', {
    AlarmName: 'storage',
    EvaluationPeriods: 1,
    ComparisonOperator: 'LessThanThreshold',
    Metrics: [
      { Id: 'e', Expression: 'm / 2' },
      {
        Id: 'm',
        MetricStat: {
          Metric: { MetricName: 'FreeStorageSpace', Dimensions: [dimension('orders')] },
          Period: 60,
          Stat: 'Minimum',
        },
      },
    ],
  });
  cloudWatch.reset();
  cloudWatch.on(DescribeAlarmsCommand).callsFake((input: { AlarmNames: string[]; NextToken?: string }) => {
    const found = input.AlarmNames.flatMap((name) => alarms.get(name) ?? []);
    return input.NextToken === undefined && found.length > 1
      ? { MetricAlarms: found.slice(0, 1), NextToken: 'more' }
      : { MetricAlarms: input.NextToken === undefined ? found : found.slice(1) };
  });
  cloudWatch.on(PutMetricAlarmCommand).callsFake((input: MetricAlarm) => {
    alarms.set(input.AlarmName!, input);
    return {};
  });
});
const change = () => verbs<'database-alarms'>(handler, run, 'alarms');

test('moves the dimension and nothing else, and back', async () => {
  const kept = { ...alarms.get('connections')! };
  delete kept.AlarmArn;
  delete kept.StateValue;
  await change().apply(target);
  expect(alarms.get('connections')).toEqual({
    ...kept,
    Dimensions: [{ Name: 'Other', Value: 'y' }, dimension(target.to)],
  });
  expect(alarms.get('storage')!.Metrics![1]!.MetricStat!.Metric).toEqual({
    MetricName: 'FreeStorageSpace',
    Dimensions: [dimension(target.to)],
  });
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(await change().confirmUndo()).toMatchObject({ done: true });
  expect(alarms.get('connections')).toEqual(kept);
});

test('a repeated call moves only what is not moved yet', async () => {
  cloudWatch.on(PutMetricAlarmCommand).rejectsOnce(Object.assign(new Error('slow'), { name: 'ThrottlingException' }));
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ThrottledError' });
  alarms.get('connections')!.Dimensions = [dimension(target.to)];
  cloudWatch.resetHistory();
  cloudWatch.on(PutMetricAlarmCommand).resolves({});
  await change().apply(target);
  expect(cloudWatch.commandCalls(PutMetricAlarmCommand).map((call) => call.args[0].input.AlarmName)).toEqual([
    'storage',
  ]);
});

test('an alarm that is missing, watches nothing or two, or somebody else’s', async () => {
  await expect(change().apply({ ...target, alarms: ['none'] })).rejects.toThrow(/no metric alarm none/);
  alarms.set('storage', { AlarmName: 'storage', Dimensions: [] });
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'AwsRefusedError' });
  alarms.set('storage', { AlarmName: 'storage', Dimensions: [dimension('orders'), dimension('other')] });
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'AwsRefusedError' });
  alarms.set('storage', { AlarmName: 'storage', Dimensions: [dimension('third')] });
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'ChangeConflictError' });
  expect(cloudWatch.commandCalls(PutMetricAlarmCommand)).toHaveLength(0);
});

test('not moved yet is not done; undo takes back what it can and names the rest', async () => {
  cloudWatch.on(PutMetricAlarmCommand).resolves({});
  await change().apply(target);
  expect(await change().confirm()).toEqual({ done: false, progress: 'not moved yet: connections, storage' });
  cloudWatch.on(PutMetricAlarmCommand).callsFake((input: MetricAlarm) => {
    alarms.set(input.AlarmName!, input);
    return {};
  });
  alarms.set('connections', { ...alarms.get('connections')!, Dimensions: [dimension(target.to)] });
  alarms.set('storage', { AlarmName: 'storage', Dimensions: [dimension('third')] });
  await expect(change().undo()).rejects.toThrow(/did not set what these alarms watch: storage \(third\)/);
  expect(alarms.get('connections')!.Dimensions).toEqual([dimension('orders')]);
});
