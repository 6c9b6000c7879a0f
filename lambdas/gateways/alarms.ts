import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  type Dimension,
  type MetricAlarm,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch';
import { AwsRefusedError } from '../../contract/errors';
import { callAws } from './aws-errors';
import { client } from './clients';

/** CloudWatch: which database instance an alarm watches. */

const DIMENSION = 'DBInstanceIdentifier';

/** DescribeAlarms takes at most 100 names a call (CloudWatch API). */
const NAMES_A_CALL = 100;

/**
 * What PutMetricAlarm takes beside the name, complete: a field that a new SDK adds does not compile until it is here.
 * `Tags` are left out, since PutMetricAlarm keeps an existing alarm's tags and ignores those given.
 */
const carried = {
  AlarmName: true,
  AlarmDescription: true,
  ActionsEnabled: true,
  OKActions: true,
  AlarmActions: true,
  InsufficientDataActions: true,
  MetricName: true,
  Namespace: true,
  Statistic: true,
  ExtendedStatistic: true,
  Dimensions: true,
  Period: true,
  Unit: true,
  EvaluationPeriods: true,
  DatapointsToAlarm: true,
  Threshold: true,
  ComparisonOperator: true,
  TreatMissingData: true,
  EvaluateLowSampleCountPercentile: true,
  Metrics: true,
  ThresholdMetricId: true,
  EvaluationWindow: true,
  WarmUpConfiguration: true,
  EvaluationCriteria: true,
  EvaluationInterval: true,
  ActionConfiguration: true,
} satisfies Record<Exclude<keyof PutMetricAlarmCommandInput, 'Tags'>, true>;

async function describe(names: readonly string[]): Promise<MetricAlarm[]> {
  const alarms: MetricAlarm[] = [];
  for (let from = 0; from < names.length; from += NAMES_A_CALL) {
    const part = names.slice(from, from + NAMES_A_CALL);
    let token: string | undefined;
    do {
      const page = await callAws('cloudwatch:DescribeAlarms', () =>
        client(CloudWatchClient).send(
          new DescribeAlarmsCommand({
            AlarmNames: part,
            AlarmTypes: ['MetricAlarm'],
            ...(token !== undefined && { NextToken: token }),
          }),
        ),
      );
      alarms.push(...(page.MetricAlarms ?? []));
      token = page.NextToken;
    } while (token !== undefined);
  }
  const missing = names.filter((name) => !alarms.some((alarm) => alarm.AlarmName === name));
  if (missing.length > 0) throw new AwsRefusedError(`CloudWatch has no metric alarm ${missing.join(', ')}.`);
  return alarms;
}

/** Whether it rings now, be it of a metric or made of others; false where it is gone (CloudWatch DescribeAlarms). */
export async function isInAlarm(name: string): Promise<boolean> {
  const { MetricAlarms = [], CompositeAlarms = [] } = await callAws('cloudwatch:DescribeAlarms', () =>
    client(CloudWatchClient).send(
      new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
    ),
  );
  return [...MetricAlarms, ...CompositeAlarms].some(({ StateValue }) => StateValue === 'ALARM');
}

const dimensionsOf = (alarm: MetricAlarm): Dimension[] => [
  ...(alarm.Dimensions ?? []),
  ...(alarm.Metrics ?? []).flatMap((query) => query.MetricStat?.Metric?.Dimensions ?? []),
];

/**
 * The instance that each alarm watches, by the alarm's name (CloudWatch DescribeAlarms).
 * @throws AwsRefusedError naming the alarms that are missing or that watch no one instance
 */
export async function watchedInstances(names: readonly string[]): Promise<Record<string, string>> {
  const entries = (await describe(names)).map((alarm): [string, string] => {
    const name = alarm.AlarmName ?? '';
    const watched = new Set(
      dimensionsOf(alarm).flatMap(({ Name, Value }) => (Name === DIMENSION ? (Value ?? []) : [])),
    );
    const [instance, ...others] = watched;
    if (instance === undefined || others.length > 0) {
      throw new AwsRefusedError(`The alarm ${name} watches ${watched.size} database instances, not one.`);
    }
    return [name, instance];
  });
  return Object.fromEntries(entries);
}

const moved = (to: string) => (dimension: Dimension) =>
  dimension.Name === DIMENSION ? { ...dimension, Value: to } : dimension;

/** Lets an alarm watch another instance; every other field stays (CloudWatch DescribeAlarms, PutMetricAlarm). */
export async function watchInstance(name: string, instance: string): Promise<void> {
  const [alarm] = await describe([name]);
  if (alarm === undefined) throw new AwsRefusedError(`CloudWatch has no metric alarm ${name}.`);
  const kept = Object.fromEntries(Object.entries(alarm).filter(([field]) => field in carried));
  await callAws(`cloudwatch:PutMetricAlarm ${name}`, () =>
    client(CloudWatchClient).send(
      new PutMetricAlarmCommand({
        ...kept,
        AlarmName: name,
        ...(alarm.Dimensions !== undefined && { Dimensions: alarm.Dimensions.map(moved(instance)) }),
        ...(alarm.Metrics !== undefined && {
          Metrics: alarm.Metrics.map((query) =>
            query.MetricStat?.Metric?.Dimensions === undefined
              ? query
              : {
                  ...query,
                  MetricStat: {
                    ...query.MetricStat,
                    Metric: {
                      ...query.MetricStat.Metric,
                      Dimensions: query.MetricStat.Metric.Dimensions.map(moved(instance)),
                    },
                  },
                },
          ),
        }),
      }),
    ),
  );
}
