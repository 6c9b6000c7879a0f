import { planNames } from '../../contract/run';
import { putMetrics, readDescription, runItems, type Grant, type Resources, type TaskDeployment } from './deployment';

const EXECUTIONS = "an execution's ARN is known when it runs; the prefix is one machine's";

function executions(resources: Resources, actions: readonly string[], machines: readonly string[]): Grant {
  return { actions, resources: machines.map((machine) => resources.executionArns(machine)), why: EXECUTIONS };
}

const publish = (resources: Resources): Grant => ({
  actions: ['sns:Publish'],
  resources: [resources.notificationsTopicArn],
});

export const runDeployments: Record<string, TaskDeployment> = {
  'run-open': {
    environment: ['runsTable', 'descriptionParameter'],
    grants: (r) => [runItems(r, 'GetItem', 'PutItem', 'UpdateItem'), readDescription(r)],
  },
  'lease-take': { environment: ['runsTable'], grants: (r) => [runItems(r, 'GetItem', 'UpdateItem')] },
  'run-announce': {
    environment: ['runsTable', 'notificationsTopicArn'],
    grants: (r) => [runItems(r, 'GetItem', 'UpdateItem'), publish(r)],
  },
  'run-verify': {
    environment: ['runsTable', 'planMachineArns'],
    grants: (r) => [runItems(r, 'GetItem', 'UpdateItem')],
  },
  'settle-claim': {
    environment: ['runsTable', 'recoveryMachineArn', 'descriptionParameter'],
    grants: (r) => [
      runItems(r, 'GetItem', 'PutItem', 'UpdateItem'),
      executions(r, ['states:DescribeExecution'], ['recovery', 'settlement']),
      readDescription(r),
    ],
  },
  'settle-quiesce': {
    environment: ['runsTable', 'planMachineArns'],
    grants: (r) => [
      runItems(r, 'GetItem', 'PutItem', 'UpdateItem', 'Query'),
      executions(r, ['states:DescribeExecution', 'states:StopExecution'], planNames),
      {
        actions: ['ssm:ListCommands', 'ssm:ListCommandInvocations', 'ssm:CancelCommand'],
        resources: ['*'],
        why: 'a command has no ARN; only commands in the journal of the run are cancelled',
      },
    ],
  },
  'settle-plan': { environment: ['runsTable'], grants: (r) => [runItems(r, 'GetItem', 'PutItem', 'Query')] },
  'settle-undo-failed': { environment: ['runsTable'], grants: (r) => [runItems(r, 'PutItem', 'Query')] },
  'settle-report': {
    environment: ['runsTable', 'reportBucket'],
    grants: (r) => [
      runItems(r, 'GetItem', 'UpdateItem', 'Query'),
      executions(r, ['states:GetExecutionHistory'], ['recovery', 'settlement', ...planNames]),
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
    grants: (r) => [runItems(r, 'GetItem', 'UpdateItem', 'Query'), publish(r)],
  },
  'lease-release': { environment: ['runsTable'], grants: (r) => [runItems(r, 'GetItem', 'UpdateItem', 'DeleteItem')] },
  'run-sweep': {
    environment: ['runsTable', 'settlementMachineArn'],
    grants: (r) => [
      runItems(r, 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query'),
      executions(r, ['states:DescribeExecution'], ['recovery', 'settlement']),
      { actions: ['states:StartExecution'], resources: [r.machineArn('settlement')] },
    ],
  },
};
