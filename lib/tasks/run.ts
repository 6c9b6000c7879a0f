import { planMachineNames } from '../../contract/plans';
import {
  putMetrics,
  readDescription,
  readRuns,
  writeRuns,
  type Grant,
  type Resources,
  type TaskDeployment,
} from './deployment';

const EXECUTIONS = "an execution's ARN is known when it runs; the prefix is one machine's";

function executions(resources: Resources, actions: readonly string[], machines: readonly string[]): Grant {
  return { actions, resources: machines.map((machine) => resources.executionArns(machine)), why: EXECUTIONS };
}

const publish = (resources: Resources): Grant[] => [
  { actions: ['sns:Publish'], resources: [resources.notificationsTopicArn] },
  { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [resources.notificationsKeyArn] },
];

export const runDeployments: Record<string, TaskDeployment> = {
  'run-open': {
    environment: ['runsTable', 'descriptionParameter'],
    grants: (r) => [readRuns(r, 'GetItem'), writeRuns(r, ['RUN', 'OPEN'], 'PutItem', 'UpdateItem'), readDescription(r)],
  },
  'lease-take': {
    environment: ['runsTable'],
    grants: (r) => [readRuns(r, 'GetItem'), writeRuns(r, ['RUN', 'LEASE'], 'PutItem', 'UpdateItem')],
  },
  'run-announce': {
    environment: ['runsTable', 'notificationsTopicArn'],
    grants: (r) => [readRuns(r, 'GetItem'), writeRuns(r, ['RUN'], 'UpdateItem'), ...publish(r)],
  },
  'run-verify': {
    environment: ['runsTable', 'planMachineArns'],
    grants: (r) => [readRuns(r, 'GetItem'), writeRuns(r, ['RUN'], 'UpdateItem')],
  },
  'run-rehearse': {
    environment: ['runsTable'],
    grants: (r) => [readRuns(r, 'GetItem'), writeRuns(r, ['RUN'], 'PutItem')],
  },
  'incident-open': {
    environment: ['runsTable', 'descriptionParameter', 'recoveryMachineArn'],
    grants: (r) => [
      readRuns(r, 'GetItem'),
      writeRuns(r, ['INCIDENT'], 'PutItem', 'UpdateItem'),
      readDescription(r),
      { actions: ['states:StartExecution'], resources: [r.machineArn('recovery')] },
    ],
  },
  'approval-ask': { environment: ['runsTable'], grants: (r) => [readRuns(r, 'GetItem', 'Query')] },
  'approval-request': {
    environment: ['runsTable', 'notificationsTopicArn', 'approvalUrl'],
    grants: (r) => [readRuns(r, 'GetItem', 'Query'), writeRuns(r, ['RUN'], 'PutItem', 'UpdateItem'), ...publish(r)],
  },
  'approval-conclude': {
    environment: ['runsTable'],
    grants: (r) => [readRuns(r, 'Query'), writeRuns(r, ['RUN'], 'PutItem', 'UpdateItem')],
  },
  'approval-decide': {
    environment: ['runsTable'],
    grants: (r) => [
      readRuns(r, 'GetItem', 'Query'),
      writeRuns(r, ['RUN'], 'UpdateItem'),
      {
        actions: ['states:SendTaskSuccess'],
        resources: ['*'],
        why: 'a token has no ARN; the function answers only tokens that lie in the table of runs',
      },
    ],
  },
  'settle-claim': {
    environment: ['runsTable', 'recoveryMachineArn', 'descriptionParameter'],
    grants: (r) => [
      readRuns(r, 'GetItem'),
      writeRuns(r, ['RUN', 'OPEN'], 'PutItem', 'UpdateItem'),
      executions(r, ['states:DescribeExecution'], ['recovery', 'settlement']),
      readDescription(r),
    ],
  },
  'settle-quiesce': {
    environment: ['runsTable', 'planMachineArns'],
    grants: (r) => [
      readRuns(r, 'GetItem', 'Query'),
      writeRuns(r, ['RUN'], 'PutItem', 'UpdateItem'),
      executions(r, ['states:DescribeExecution', 'states:StopExecution'], [...planMachineNames, 'validation']),
      {
        actions: ['ssm:ListCommands', 'ssm:ListCommandInvocations', 'ssm:CancelCommand'],
        resources: ['*'],
        why: 'a command has no ARN; only commands in the journal of the run are cancelled',
      },
    ],
  },
  'settle-plan': {
    environment: ['runsTable'],
    grants: (r) => [readRuns(r, 'GetItem', 'Query'), writeRuns(r, ['RUN'], 'PutItem')],
  },
  'settle-undo-failed': {
    environment: ['runsTable'],
    grants: (r) => [readRuns(r, 'Query'), writeRuns(r, ['RUN'], 'PutItem')],
  },
  'settle-report': {
    environment: ['runsTable', 'reportBucket', 'planMachineArns'],
    grants: (r) => [
      readRuns(r, 'GetItem', 'Query'),
      writeRuns(r, ['RUN'], 'UpdateItem'),
      executions(r, ['states:GetExecutionHistory'], ['recovery', 'validation', 'settlement', ...planMachineNames]),
      {
        actions: ['s3:PutObject'],
        resources: [`${r.reportBucketArn}/reports/*`],
        why: 'reports are written below reports/ by the id of the run',
      },
      putMetrics(),
    ],
  },
  'settle-announce': {
    environment: ['runsTable', 'notificationsTopicArn', 'reportBucket'],
    grants: (r) => [readRuns(r, 'GetItem', 'Query'), writeRuns(r, ['RUN'], 'UpdateItem'), ...publish(r)],
  },
  'lease-release': {
    environment: ['runsTable'],
    grants: (r) => [
      readRuns(r, 'GetItem'),
      writeRuns(r, ['RUN', 'LEASE'], 'UpdateItem'),
      writeRuns(r, ['OPEN'], 'DeleteItem'),
    ],
  },
  'run-sweep': {
    environment: ['runsTable', 'settlementMachineArn', 'descriptionParameter', 'recoveryMachineArn'],
    grants: (r) => [
      readRuns(r, 'GetItem', 'Query'),
      writeRuns(r, ['RUN', 'OPEN', 'LEASE', 'INCIDENT'], 'PutItem', 'UpdateItem'),
      writeRuns(r, ['OPEN', 'INCIDENT'], 'DeleteItem'),
      // Alarms that wait for the end of another run.
      readDescription(r),
      ...(r.description.alarmTriggers.length === 0
        ? []
        : [
            {
              actions: ['cloudwatch:DescribeAlarms'],
              resources: r.description.alarmTriggers.map(({ alarm }) => r.arn('cloudwatch', `alarm:${alarm}`)),
            },
          ]),
      executions(r, ['states:DescribeExecution'], ['recovery', 'settlement']),
      { actions: ['states:StartExecution'], resources: [r.machineArn('settlement'), r.machineArn('recovery')] },
    ],
  },
};
