import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { PROBES_IN_A_ROW } from '../config/alarm-latency';
import type { Description } from '../config/schema';
import { METRICS_NAMESPACE } from '../contract/environment';

export interface AlarmsProps {
  readonly description: Description;
  readonly topic: ITopic;
  readonly settlement: IStateMachine;
  readonly sweep: IFunction;
}

const EVERY = Duration.minutes(5);

/** What would fail without anybody's notice tells the people. Each says what to do and where docs/operating.md has more. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { environment, probeEveryMinutes } = props.description;
    const own = (metricName: string, statistic: string, period: Duration) =>
      new Metric({ namespace: METRICS_NAMESPACE, metricName, statistic, period, dimensionsMap: { environment } });
    const alarm = (name: string, metric: Metric, says: { does: string; heading: string }, probe = false) => {
      const made = new Alarm(this, name, {
        alarmName: `lifeboat-${environment}-${name}`,
        alarmDescription: `${says.does} docs/operating.md, "${says.heading}"`,
        metric,
        threshold: probe ? 1 : 0,
        comparisonOperator: probe ? ComparisonOperator.LESS_THAN_THRESHOLD : ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: probe ? PROBES_IN_A_ROW : 1,
        // A probe that is silent has not passed; of the others silence is what is hoped for.
        treatMissingData: probe ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      const action = new SnsAction(props.topic);
      made.addAlarmAction(action);
      made.addOkAction(action);
    };

    // The best of each period: what a probe started late puts into the next period does not count as failed.
    const probed = own('IntegrityProbePassed', 'Maximum', Duration.minutes(probeEveryMinutes));
    const unsettled = {
      does: 'A run is not settled: look at the last execution of the machine.',
      heading: NOT_SETTLED,
    };
    alarm(
      'probe-not-passed',
      probed,
      {
        does: `No integrity probe has passed for ${PROBES_IN_A_ROW} turns: find out whether the data or the probe is bad.`,
        heading: 'When no integrity probe passes',
      },
      true,
    );
    alarm('settlement-failed', props.settlement.metricFailed({ period: EVERY, statistic: 'Sum' }), unsettled);
    alarm('settlement-timed-out', props.settlement.metricTimedOut({ period: EVERY, statistic: 'Sum' }), unsettled);
    alarm('sweep-failed', props.sweep.metricErrors({ period: EVERY, statistic: 'Sum' }), {
      does: 'The sweep fails: runs that die are not settled and the lease may stay held.',
      heading: NOT_SETTLED,
    });
    alarm('undo-failed', own('UndoFailed', 'Maximum', EVERY), {
      does: 'Something that a run changed could not be taken back: the report names it and the state before.',
      heading: 'When something could not be taken back',
    });
  }
}

const NOT_SETTLED = 'When a run is not settled';
