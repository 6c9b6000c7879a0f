import {
  journal,
  ownInstances,
  OWN_PREFIX,
  readDescription,
  sourceInstance,
  type Resources,
  type Grant,
  type TaskDeployment,
} from './deployment';

/** Finding the instance behind the application's name. */
export function findInstance(r: Resources): Grant[] {
  return [
    {
      actions: ['rds:DescribeDBInstances', 'rds:ListTagsForResource'],
      resources: [sourceInstance(r), ownInstances(r), r.arn('rds', 'db:*')],
      why: `listing instances is granted on all of them, nothing else is; ${OWN_PREFIX}`,
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
      journal(r),
      readDescription(r),
      { actions: ['dynamodb:GetItem', 'dynamodb:Query'], resources: [r.evidenceTableArn] },
      { actions: ['ssm:DescribeInstanceInformation'], resources: ['*'], why: 'this action knows no resource' },
      ...findInstance(r),
    ],
  },
  'probe-record': {
    environment: ['runsTable', 'evidenceTable', 'descriptionParameter'],
    grants: (r) => [
      readDescription(r),
      journal(r),
      { actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], resources: [r.evidenceTableArn] },
      ...findInstance(r),
    ],
  },
};
