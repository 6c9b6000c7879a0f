import { TimeZone } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Description } from '../config/schema';
import { planNames } from '../contract/plans';

export interface TriggersProps {
  readonly description: Description;
  readonly frontDoor: IStateMachine;
  /** Turns an alarm into a run (lambdas/run/incident-open.ts). */
  readonly incidentOpen: IFunction;
}

/** The description names a plan that is not in the catalogue. */
export class UnknownPlanError extends Error {
  override readonly name = 'UnknownPlanError';
}

/** @throws UnknownPlanError naming the place in config/ and what there is */
export function requireKnownPlans({ approvals, schedules, alarmTriggers }: Description): void {
  const places = Object.entries({ approvals, schedules, alarmTriggers });
  const wrong = places.flatMap(([place, entries]) =>
    entries.flatMap(({ plan }, index) =>
      planNames.some((name) => name === plan)
        ? []
        : [`${place}.${index}.plan: ${plan} should be one of ${planNames.join(', ')}`],
    ),
  );
  if (wrong.length > 0) throw new UnknownPlanError(wrong.join('; '));
}

/** What starts a run without a person: alarms that config/ names, and the calendar. */
export class Triggers extends Construct {
  constructor(scope: Construct, id: string, { description, frontDoor, incidentOpen }: TriggersProps) {
    super(scope, id);
    requireKnownPlans(description);
    const { environment, alarmTriggers, schedules } = description;
    if (alarmTriggers.length > 0) {
      new Rule(this, 'Alarms', {
        ruleName: `lifeboat-${environment}-alarms`,
        description: 'Starts the plan that config/ names for an alarm; one incident makes one run',
        eventPattern: {
          source: ['aws.cloudwatch'],
          detailType: ['CloudWatch Alarm State Change'],
          detail: { alarmName: alarmTriggers.map(({ alarm }) => alarm), state: { value: ['ALARM'] } },
        },
        targets: [new LambdaFunction(incidentOpen, { retryAttempts: 2 })],
      });
    }
    for (const { name, plan, expression, mode } of schedules) {
      new Schedule(this, `Schedule-${name}`, {
        scheduleName: `lifeboat-${environment}-${name}`,
        description: `Starts ${plan} (${mode})`,
        schedule: ScheduleExpression.expression(expression, TimeZone.ETC_UTC),
        target: new StepFunctionsStartExecution(frontDoor, {
          input: ScheduleTargetInput.fromObject({
            plan,
            trigger: 'schedule',
            mode,
            reason: `by the calendar: ${name}`,
          }),
        }),
      });
    }
  }
}
