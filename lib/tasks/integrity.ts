import {
  OWN_PREFIX,
  putMetrics,
  readDescription,
  readRuns,
  type Grant,
  type Resources,
  type TaskDeployment,
} from './deployment';

/** Finding the instance behind the application's name. */
export function findInstance(r: Resources): Grant[] {
  return [
    {
      actions: ['rds:DescribeDBInstances'],
      resources: [r.arn('rds', 'db:*')],
      why: `an instance is found by its endpoint among all of the account; nothing else is granted on them; ${OWN_PREFIX}`,
    },
    {
      actions: ['route53:ListResourceRecordSets'],
      resources: [`arn:aws:route53:::hostedzone/${r.description.database.hostedZoneId}`],
    },
  ];
}

export const integrityDeployments: Record<string, TaskDeployment> = {
  'probe-open': {
    environment: ['runsTable', 'evidenceTable', 'descriptionParameter'],
    grants: (r) => [
      readRuns(r, 'GetItem'),
      readDescription(r),
      { actions: ['dynamodb:Query'], resources: [r.evidenceTableArn] },
      { actions: ['ssm:DescribeInstanceInformation'], resources: ['*'], why: 'this action knows no resource' },
    ],
  },
  'probe-record': {
    environment: ['evidenceTable', 'descriptionParameter'],
    grants: (r) => [
      readDescription(r),
      { actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], resources: [r.evidenceTableArn] },
      ...findInstance(r),
      putMetrics(),
    ],
  },
};
