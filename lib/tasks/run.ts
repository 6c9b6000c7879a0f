import { journal, readDescription, type Grant, type Resources, type TaskDeployment } from './deployment';

const stopPlan = (resources: Resources): Grant[] => [
  {
    actions: ['states:StopExecution', 'states:DescribeExecution'],
    resources: ['database-recovery'].map((plan) => resources.executionArns(plan)),
    why: "an execution's ARN is known when it runs; the prefix is one machine's",
  },
];

const runItems = ['runsTable'] as const;

export const runDeployments: Record<string, TaskDeployment> = {
  'run-open': { environment: [...runItems, 'descriptionParameter'], grants: (r) => [journal(r), readDescription(r)] },
  'lease-take': { environment: runItems, grants: (r) => [journal(r)] },
  'run-announce': {
    environment: [...runItems, 'notificationsTopicArn', 'descriptionParameter'],
    grants: (r) => [journal(r), readDescription(r), { actions: ['sns:Publish'], resources: [r.notificationsTopicArn] }],
  },
  'run-verify': { environment: runItems, grants: (r) => [journal(r)] },
  'settle-claim': {
    environment: [...runItems, 'descriptionParameter', 'recoveryMachineArn'],
    grants: (r) => [
      journal(r),
      readDescription(r),
      {
        actions: ['states:DescribeExecution'],
        resources: [r.executionArns('settlement'), r.executionArns('recovery')],
        why: "an execution's ARN is known when it runs; the prefix is one machine's",
      },
    ],
  },
  'settle-quiesce': {
    environment: [...runItems, 'planMachineArns'],
    grants: (r) => [
      journal(r),
      ...stopPlan(r),
      {
        actions: ['ssm:CancelCommand', 'ssm:ListCommandInvocations', 'ssm:ListCommands', 'ssm:GetCommandInvocation'],
        resources: ['*'],
        why: 'a command has no ARN; only commands in the journal of the run are cancelled',
      },
    ],
  },
  'settle-plan': {
    environment: [...runItems, 'descriptionParameter'],
    grants: (r) => [journal(r), readDescription(r)],
  },
  'settle-undo-failed': { environment: runItems, grants: (r) => [journal(r)] },
  'settle-report': {
    environment: [
      ...runItems,
      'descriptionParameter',
      'reportBucket',
      'planMachineArns',
      'recoveryMachineArn',
      'settlementMachineArn',
    ],
    grants: (r) => [
      journal(r),
      readDescription(r),
      {
        actions: ['s3:PutObject'],
        resources: [`${r.reportBucketArn}/runs/*`],
        why: 'reports are written below runs/ by the id of the run',
      },
      {
        actions: ['states:GetExecutionHistory', 'states:DescribeExecution'],
        resources: ['recovery', 'settlement', 'database-recovery'].map((machine) => r.executionArns(machine)),
        why: "an execution's ARN is known when it runs; the prefix is one machine's",
      },
    ],
  },
  'settle-announce': {
    environment: [...runItems, 'descriptionParameter', 'notificationsTopicArn', 'reportBucket'],
    grants: (r) => [journal(r), readDescription(r), { actions: ['sns:Publish'], resources: [r.notificationsTopicArn] }],
  },
  'lease-release': { environment: runItems, grants: (r) => [journal(r)] },
  'run-sweep': {
    environment: [...runItems, 'settlementMachineArn', 'recoveryMachineArn'],
    grants: (r) => [
      journal(r),
      { actions: ['states:StartExecution'], resources: [r.machineArn('settlement')] },
      {
        actions: ['states:DescribeExecution'],
        resources: [r.executionArns('recovery'), r.executionArns('settlement')],
        why: "an execution's ARN is known when it runs; the prefix is one machine's",
      },
    ],
  },
};
