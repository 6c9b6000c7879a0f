import { CloudWatchClient, PutMetricDataCommand, type StandardUnit } from '@aws-sdk/client-cloudwatch';
import { METRICS_NAMESPACE } from '../../contract/environment';
import { environment } from '../runtime/environment';
import { callAws } from './aws-errors';
import { client } from './clients';

/** A figure on which an alarm may stand. */
export interface Metric {
  readonly name: string;
  readonly value: number;
  readonly unit: Extract<StandardUnit, 'Count' | 'Seconds'>;
  /** Dimensions beside `environment`. */
  readonly by?: Record<string, string>;
}

/**
 * Puts metrics at once: alarms stand on these, so that they do not go through the log as those of the handler do.
 */
export async function putMetrics(metrics: readonly Metric[]): Promise<void> {
  const fixed = { Name: 'environment', Value: environment('environment') };
  await callAws(`cloudwatch:PutMetricData ${METRICS_NAMESPACE}`, () =>
    client(CloudWatchClient).send(
      new PutMetricDataCommand({
        Namespace: METRICS_NAMESPACE,
        MetricData: metrics.map(({ name, value, unit, by }) => ({
          MetricName: name,
          Value: value,
          Unit: unit,
          Dimensions: [fixed, ...Object.entries(by ?? {}).map(([Name, Value]) => ({ Name, Value }))],
        })),
      }),
    ),
  );
}
