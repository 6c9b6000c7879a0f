import * as z from 'zod';
import { type Clock } from '../../../asl';
import { operation } from '../operation';
import { type Place, regionalArn } from '../place';
import { AwsError, type Permission, type SimulatedService } from '../service';

const dimensions = z.array(z.strictObject({ Name: z.string(), Value: z.string() })).max(30);
const tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() }));
const period = z
  .number()
  .int()
  .refine(
    (seconds) => [10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0),
    'is 10, 20, 30 or whole minutes',
  );

/** An alarm as PutMetricAlarm and AWS::CloudWatch::Alarm both write it. */
export const alarmSchema = z.strictObject({
  AlarmName: z.string().min(1).max(255),
  AlarmDescription: z.string().max(1024).optional(),
  ActionsEnabled: z.boolean().default(true),
  AlarmActions: z.array(z.string()).max(5).default([]),
  OKActions: z.array(z.string()).max(5).default([]),
  InsufficientDataActions: z.array(z.string()).max(5).default([]),
  MetricName: z.string().optional(),
  Namespace: z.string().optional(),
  Statistic: z.enum(['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum']).optional(),
  ExtendedStatistic: z.string().optional(),
  Dimensions: dimensions.optional(),
  Period: period.optional(),
  Unit: z.string().optional(),
  EvaluationPeriods: z.number().int().min(1),
  DatapointsToAlarm: z.number().int().min(1).optional(),
  Threshold: z.number().optional(),
  ComparisonOperator: z.enum([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  TreatMissingData: z.enum(['breaching', 'notBreaching', 'ignore', 'missing']).optional(),
  EvaluateLowSampleCountPercentile: z.string().optional(),
  Metrics: z
    .array(
      z.strictObject({
        Id: z.string(),
        Expression: z.string().optional(),
        Label: z.string().optional(),
        ReturnData: z.boolean().optional(),
        Period: z.number().optional(),
        MetricStat: z
          .strictObject({
            Metric: z.strictObject({
              Namespace: z.string().optional(),
              MetricName: z.string().optional(),
              Dimensions: dimensions.optional(),
            }),
            Period: period,
            Stat: z.string(),
            Unit: z.string().optional(),
          })
          .optional(),
      }),
    )
    .optional(),
  Tags: tags.optional(),
});
export type AlarmDefinition = z.infer<typeof alarmSchema>;

const datum = z.strictObject({
  MetricName: z.string().min(1).max(255),
  Dimensions: dimensions.optional(),
  Timestamp: z.date().optional(),
  Value: z.number(),
  Unit: z.string().optional(),
  StorageResolution: z.union([z.literal(1), z.literal(60)]).optional(),
});
const metricData = z.strictObject({
  Namespace: z
    .string()
    .min(1)
    .refine((name) => !name.startsWith('AWS/'), 'belongs to AWS'),
  MetricData: z.array(datum).min(1).max(1000),
});

export interface MetricDatum extends z.infer<typeof datum> {
  readonly namespace: string;
  /** Real time of day, milliseconds since the epoch. */
  readonly at: number;
}

interface Alarm {
  readonly arn: string;
  definition: AlarmDefinition;
  readonly updated: Date;
  /** Since when it is in ALARM. */
  rangAt?: number;
}

/** Metrics and alarms, kept as they were put; nothing evaluates an alarm yet. */
export class Alarms implements SimulatedService {
  readonly name = 'CloudWatch';
  readonly standIn = {
    name: 'Amazon CloudWatch',
    instead: 'metrics and alarms in memory',
    differs: 'alarms are stored and are not evaluated: they go to ALARM where the drill says so',
  };
  readonly #alarms = new Map<string, Alarm>();
  readonly #data: MetricDatum[] = [];

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
  ) {}

  readonly operations = {
    PutMetricData: operation(metricData, {
      invalid: 'InvalidParameterValueException',
      authorize: ({ Namespace }) => [
        { action: 'cloudwatch:PutMetricData', resource: '*', context: { 'cloudwatch:namespace': Namespace } },
      ],
      perform: ({ Namespace, MetricData }) => {
        const at = this.clock.now().at;
        this.#data.push(...MetricData.map((item) => ({ ...item, namespace: Namespace, at })));
        return {};
      },
    }),
    PutMetricAlarm: operation(alarmSchema, {
      authorize: ({ AlarmName }) => [this.#permission('PutMetricAlarm', AlarmName)],
      perform: (definition) => {
        this.put(definition);
        return {};
      },
    }),
    DescribeAlarms: operation(
      z.strictObject({
        AlarmNames: z.array(z.string()).max(100).optional(),
        AlarmNamePrefix: z.string().optional(),
        AlarmTypes: z.array(z.enum(['MetricAlarm', 'CompositeAlarm'])).optional(),
        MaxRecords: z.number().int().min(1).max(100).default(50),
        NextToken: z.string().optional(),
      }),
      {
        authorize: ({ AlarmNames }) => (AlarmNames ?? ['*']).map((name) => this.#permission('DescribeAlarms', name)),
        perform: ({ AlarmNames, AlarmNamePrefix, MaxRecords, NextToken }) => {
          const found = [...this.#alarms.values()].filter(
            ({ definition: { AlarmName } }) =>
              (AlarmNames?.includes(AlarmName) ?? true) && AlarmName.startsWith(AlarmNamePrefix ?? ''),
          );
          const from = Number(NextToken ?? 0);
          const next = from + MaxRecords;
          return {
            MetricAlarms: found.slice(from, next).map(described),
            CompositeAlarms: [],
            ...(next < found.length ? { NextToken: String(next) } : {}),
          };
        },
      },
    ),
    TagResource: operation(z.strictObject({ ResourceARN: z.string(), Tags: tags }), {
      authorize: ({ ResourceARN, Tags }) => [
        {
          action: 'cloudwatch:TagResource',
          resource: ResourceARN,
          context: { 'aws:TagKeys': Tags.map(({ Key }) => Key), 'aws:RequestTag/': [], ...requestTags(Tags) },
        },
      ],
      perform: ({ ResourceARN, Tags }) => {
        const alarm = this.#byArn(ResourceARN);
        const kept = (alarm.definition.Tags ?? []).filter(({ Key }) => !Tags.some((tag) => tag.Key === Key));
        alarm.definition = { ...alarm.definition, Tags: [...kept, ...Tags] };
        return {};
      },
    }),
    ListTagsForResource: operation(z.strictObject({ ResourceARN: z.string() }), {
      authorize: ({ ResourceARN }) => [{ action: 'cloudwatch:ListTagsForResource', resource: ResourceARN }],
      perform: ({ ResourceARN }) => ({ Tags: this.#byArn(ResourceARN).definition.Tags ?? [] }),
    }),
  };

  /** Stores an alarm, instead of one of the same name. Returns its ARN. @throws AwsError ValidationError */
  put(definition: AlarmDefinition): string {
    const single = definition.MetricName !== undefined;
    if (single === (definition.Metrics !== undefined)) {
      throw new AwsError('ValidationError', 'An alarm has either MetricName or Metrics');
    }
    if (definition.Threshold === undefined) throw new AwsError('ValidationError', 'Threshold is required');
    if (single) {
      const { Namespace, Period, Statistic, ExtendedStatistic } = definition;
      if (
        Namespace === undefined ||
        Period === undefined ||
        (Statistic === undefined) === (ExtendedStatistic === undefined)
      ) {
        throw new AwsError(
          'ValidationError',
          'A metric needs Namespace, Period and either Statistic or ExtendedStatistic',
        );
      }
    }
    const arn = this.#arn(definition.AlarmName);
    // Tags are given at the first put alone.
    const known = this.#alarms.get(definition.AlarmName);
    const Tags = known?.definition.Tags ?? definition.Tags ?? [];
    this.#alarms.set(definition.AlarmName, {
      arn,
      definition: { ...definition, Tags },
      updated: new Date(this.clock.now().at),
    });
    return arn;
  }

  /**
   * The alarm goes to ALARM, as somebody says: nothing evaluates its metric here. @returns the event that CloudWatch puts
   * @throws AwsError ResourceNotFound
   */
  ring(name: string): { source: string; detailType: string; detail: object; resources: readonly string[] } {
    const alarm = this.#alarms.get(name);
    if (alarm === undefined) throw new AwsError('ResourceNotFound', `Unknown alarm: ${name}`, 404);
    alarm.rangAt ??= this.clock.now().at;
    const timestamp = new Date(alarm.rangAt).toISOString().replace('Z', '+0000');
    const { MetricName = '', Threshold = 0, AlarmDescription = '' } = alarm.definition;
    return {
      source: 'aws.cloudwatch',
      detailType: 'CloudWatch Alarm State Change',
      resources: [alarm.arn],
      detail: {
        alarmName: name,
        state: {
          value: 'ALARM',
          reason: `Threshold Crossed: ${MetricName} is beyond the threshold (${Threshold}).`,
          timestamp,
        },
        previousState: { value: 'OK', reason: 'Threshold was not crossed', timestamp },
        configuration: { description: AlarmDescription, metrics: [] },
      },
    };
  }

  definitions(): readonly AlarmDefinition[] {
    return [...this.#alarms.values()].map(({ definition }) => definition);
  }

  /** Everything that was put, oldest first. */
  data(): readonly MetricDatum[] {
    return this.#data;
  }

  #arn(alarmName: string): string {
    return regionalArn(this.place, 'cloudwatch', `alarm:${alarmName}`);
  }

  #permission(action: string, alarmName: string): Permission {
    return { action: `cloudwatch:${action}`, resource: this.#arn(alarmName) };
  }

  #byArn(arn: string): Alarm {
    const alarm = [...this.#alarms.values()].find((candidate) => candidate.arn === arn);
    if (alarm === undefined) throw new AwsError('ResourceNotFoundException', `Unknown alarm: ${arn}`, 404);
    return alarm;
  }
}

const requestTags = (given: readonly { Key: string; Value: string }[]): Record<string, string> =>
  Object.fromEntries(given.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value]));

function described({ arn, definition, updated, rangAt }: Alarm): object {
  const shown: Record<string, unknown> = { ...definition };
  delete shown['Tags'];
  return {
    ...shown,
    AlarmArn: arn,
    AlarmConfigurationUpdatedTimestamp: updated,
    ...(rangAt === undefined
      ? {
          StateValue: 'INSUFFICIENT_DATA',
          StateReason: 'Unchecked: Initial alarm creation',
          StateUpdatedTimestamp: updated,
        }
      : { StateValue: 'ALARM', StateReason: 'Threshold Crossed', StateUpdatedTimestamp: new Date(rangAt) }),
  };
}
