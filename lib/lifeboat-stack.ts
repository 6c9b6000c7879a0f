import { CfnOutput, Duration, Stack, Tags, type StackProps } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, EventField, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Code, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { stored } from '../config/stored';
import type { Description } from '../config/schema';
import { TAGS, type SharedVariable } from '../contract/environment';
import { planMachineNames } from '../contract/plans';
import { allTasks, runTasks, type TaskContract } from '../contract/tasks';
import { integrityProbe } from '../statemachines/integrity-probe';
import { planDefinitions } from '../statemachines/plans';
import { releaseProbe } from '../statemachines/release-probe';
import { recovery } from '../statemachines/recovery';
import { settlement } from '../statemachines/settlement';
import { validation } from '../statemachines/validation';
import { Alarms } from './alarms';
import { Approvals } from './approvals';
import { HostDocuments } from './host-documents';
import { Machine } from './machine';
import { Notifications } from './notifications';
import { Storage } from './storage';
import { TaskFunction } from './task-function';
import { deployments } from './tasks';
import { Triggers } from './triggers';
import type { Resources } from './tasks/deployment';

export interface LifeboatStackProps extends StackProps {
  readonly protects: Description;
  /** The folder with one bundle a task, made by lambdas/build.ts. */
  readonly bundles: string;
}

/** Everything that one environment needs to recover. */
export class LifeboatStack extends Stack {
  constructor(scope: Construct, id: string, props: LifeboatStackProps) {
    super(scope, id, props);
    const { protects: description } = props;
    const { environment } = description;
    Tags.of(this).add(TAGS.environment, environment);
    Tags.of(this).add('lifeboat:application', description.application);

    const storage = new Storage(this, 'Storage', environment);
    const { topic, key } = new Notifications(this, 'Notifications', description);
    const parameter = new StringParameter(this, 'Description', {
      parameterName: `/lifeboat/${environment}/description`,
      description: 'The application as config/ describes it; read by the front door, and by hand: base64 -d | gunzip',
      stringValue: stored(description),
      tier: ParameterTier.INTELLIGENT_TIERING,
    });
    new CfnOutput(this, 'ReportBucket', {
      value: storage.reports.bucketName,
      description: "The hosts' instance role needs s3:PutObject on commands/* of it",
    });
    new HostDocuments(this, 'Documents', environment);

    const machineArn = (name: string) => this.arn('states', `stateMachine:lifeboat-${environment}-${name}`);
    const resources: Resources = {
      description,
      runsTableArn: storage.runs.tableArn,
      evidenceTableArn: storage.evidence.tableArn,
      reportBucketArn: storage.reports.bucketArn,
      notificationsTopicArn: topic.topicArn,
      notificationsKeyArn: key.keyArn,
      descriptionParameterArn: this.arn('ssm', `parameter/lifeboat/${environment}/description`),
      arn: (service, rest) => this.arn(service, rest),
      machineArn,
      executionArns: (name) => this.arn('states', `execution:lifeboat-${environment}-${name}:*`),
    };
    // Machines by name, not by reference: functions know the machines that use them without a circle.
    const variables: Record<Exclude<SharedVariable, 'approvalUrl'>, string> & { approvalUrl?: string } = {
      environment,
      descriptionParameter: parameter.parameterName,
      runsTable: storage.runs.tableName,
      evidenceTable: storage.evidence.tableName,
      reportBucket: storage.reports.bucketName,
      notificationsTopicArn: topic.topicArn,
      settlementMachineArn: machineArn('settlement'),
      recoveryMachineArn: machineArn('recovery'),
      planMachineArns: this.toJsonString(
        Object.fromEntries([...planMachineNames, 'validation'].map((name) => [name, machineArn(name)])),
      ),
    };

    const code = Code.fromAsset(props.bundles);
    const made = new Map<string, IFunction>();
    const make = (task: TaskContract, more: Partial<typeof variables> = {}): TaskFunction => {
      const deployment = deployments[task.name];
      if (deployment === undefined) throw new Error(`lib/tasks says nothing of ${task.name}`);
      const known: Partial<Record<string, string>> = { ...variables, ...more };
      const created = new TaskFunction(this, pascal(task.name), {
        environmentName: environment,
        task,
        code,
        variables: Object.fromEntries(deployment.environment.map((name) => [name, known[name]])),
        grants: deployment.grants(resources),
        knowsItsRole: deployment.environment.includes('roleArn'),
      });
      made.set(task.name, created.function);
      return created;
    };
    const { url } = new Approvals(this, 'Approvals', make(runTasks['approval-decide']).function);
    for (const task of allTasks) if (!made.has(task.name)) make(task, { approvalUrl: url });
    const functions = (task: TaskContract): IFunction => {
      const found = made.get(task.name);
      if (found === undefined) throw new Error(`no function for the task ${task.name}`);
      return found;
    };
    const machine = (machineName: string, define: Parameters<typeof this.machine>[1]) =>
      this.machine(machineName, define, environment);

    const settling = machine('settlement', (inside) => settlement(inside, functions));
    const validating = machine('validation', (inside) => validation(inside, functions));
    const probe = machine('integrity-probe', (inside) => integrityProbe(inside, functions));
    const releases = machine('release-probe', (inside) => releaseProbe(inside, functions));
    const machines = new Map([
      ['integrity-probe', probe],
      ['release-probe', releases],
    ]);
    const named = (name: string): IStateMachine => {
      const found = machines.get(name);
      if (found === undefined) throw new Error(`${name} has to be made before the machine that runs it`);
      return found;
    };
    for (const plan of planMachineNames) {
      const props = { functions, machine: named };
      machines.set(
        plan,
        machine(plan, (inside) => planDefinitions[plan](inside, props)),
      );
    }
    const frontDoor = machine('recovery', (inside) =>
      recovery(inside, { functions, plans: named, validation: validating, settlement: settling }),
    );

    new Triggers(this, 'Triggers', {
      description,
      frontDoor,
      incidentOpen: functions(runTasks['incident-open']),
    });
    new Alarms(this, 'Alarms', {
      description,
      topic,
      settlement: settling,
      sweep: functions(taskNamed('run-sweep')),
    });
    new Rule(this, 'ProbeSchedule', {
      ruleName: `lifeboat-${environment}-probe`,
      description: 'Measures the database; its last pass is the last known good moment',
      schedule: Schedule.rate(Duration.minutes(description.probeEveryMinutes)),
      targets: [new SfnStateMachine(probe, { input: RuleTargetInput.fromObject({}) })],
    });
    new Rule(this, 'ReleaseProbeSchedule', {
      ruleName: `lifeboat-${environment}-release-probe`,
      description: 'Looks which release each host serves, and how well; that is how one is known healthy',
      schedule: Schedule.rate(Duration.minutes(description.probeEveryMinutes)),
      targets: [new SfnStateMachine(releases, { input: RuleTargetInput.fromObject({}) })],
    });
    new Rule(this, 'SweepSchedule', {
      ruleName: `lifeboat-${environment}-sweep`,
      description: 'Settles runs that ended and that neither the machine nor an event settled',
      schedule: Schedule.rate(Duration.minutes(5)),
      targets: [
        new LambdaFunction(functions(taskNamed('run-sweep')), {
          event: RuleTargetInput.fromObject({}),
          retryAttempts: 2,
        }),
      ],
    });
    for (const [status, states] of [
      ['aborted', ['ABORTED']],
      ['failed', ['FAILED', 'TIMED_OUT']],
    ] as const) {
      new Rule(this, `Settle${pascal(status)}`, {
        ruleName: `lifeboat-${environment}-settle-${status}`,
        description: `Settles a run whose front door ended ${states.join(' or ')}; one that settled itself is left alone`,
        eventPattern: {
          source: ['aws.states'],
          detailType: ['Step Functions Execution Status Change'],
          detail: { stateMachineArn: [frontDoor.stateMachineArn], status: [...states] },
        },
        targets: [
          new SfnStateMachine(settling, {
            input: RuleTargetInput.fromObject({
              runId: EventField.fromPath('$.detail.name'),
              outcome: {
                status,
                error: EventField.fromPath('$.detail.status'),
                cause: 'the execution of the front door ended before it settled the run',
              },
            }),
          }),
        ],
      });
    }
  }

  private machine(name: string, define: ConstructorParameters<typeof Machine>[2]['define'], environmentName: string) {
    return new Machine(this, pascal(name), { environmentName, machineName: name, define }).stateMachine;
  }

  private arn(service: string, rest: string): string {
    return `arn:${this.partition}:${service}:${this.region}:${this.account}:${rest}`;
  }
}

function pascal(name: string): string {
  return name
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
}

function taskNamed(name: string): TaskContract {
  const found = allTasks.find((task) => task.name === name);
  if (found === undefined) throw new Error(`no task ${name}`);
  return found;
}
