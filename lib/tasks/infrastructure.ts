import { describeForwarding } from './changes/shift';
import { journal, readDescription, type Grant, type Resources, type TaskDeployment } from './deployment';
import { stackReads } from './stack-reads';

const describeGroups: Grant = {
  actions: ['autoscaling:DescribeAutoScalingGroups'],
  resources: ['*'],
  why: 'describing groups knows no resource',
};

function stackOf(resources: Resources): string[] {
  const { infrastructure } = resources.description;
  return infrastructure?.by === 'cloudformation'
    ? [resources.arn('cloudformation', `stack/${infrastructure.stack}/*`)]
    : [];
}

/** Reading the stack from which hosts are provisioned; its ARN ends with an id that is AWS's. */
export function onStack(resources: Resources, ...actions: readonly string[]): Grant[] {
  const stacks = stackOf(resources);
  if (stacks.length === 0) return [];
  return [
    {
      actions: actions.map((action) => `cloudformation:${action}`),
      resources: stacks,
      why: "a stack's ARN has an id that only AWS knows; its name is fixed",
    },
  ];
}

/** Finding out whether there is room for one more. */
export const readQuotas: Grant = {
  actions: ['servicequotas:ListServiceQuotas'],
  resources: ['*'],
  why: 'listing quotas knows no resource',
};

/** Who is behind the listener, and healthy. */
export const describeWay: readonly Grant[] = [
  describeGroups,
  describeForwarding,
  {
    actions: ['elasticloadbalancing:DescribeTargetHealth'],
    resources: ['*'],
    why: 'describing target health knows no resource',
  },
];

export const infrastructureDeployments: Record<string, TaskDeployment> = {
  'drift-detect': {
    environment: [],
    grants: (r) => [
      // Of a stack as of each of its resources (CloudFormation guide, Detect drift).
      ...onStack(r, 'DescribeStacks', 'DetectStackDrift', 'DetectStackResourceDrift'),
      ...(r.description.infrastructure?.by === 'cloudformation'
        ? [
            {
              actions: ['cloudformation:BatchDescribeTypeConfigurations'],
              resources: ['*'],
              why: 'what a type of resources is configured with belongs to the account',
            },
            {
              actions: [...new Set([...stackReads, ...r.description.infrastructure.reads])],
              resources: ['*'],
              why: "CloudFormation reads a stack's resources as whoever asks for the comparison, and only it knows their names; these actions read settings, no data",
            },
          ]
        : []),
    ],
  },
  'infrastructure-inspect': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [
      ...journal(r),
      { actions: ['dynamodb:GetItem'], resources: [r.evidenceTableArn] },
      ...onStack(r, 'DescribeStacks', 'DescribeStackResourceDrifts'),
      ...(r.description.infrastructure?.by === 'cloudformation'
        ? [
            {
              actions: ['cloudformation:DescribeStackDriftDetectionStatus'],
              resources: ['*'],
              why: 'asking for a drift detection by its id knows no resource',
            },
          ]
        : []),
      ...describeWay,
      readQuotas,
      ...(r.description.loadBalancer.certificateArns.length === 0
        ? []
        : [{ actions: ['acm:DescribeCertificate'], resources: r.description.loadBalancer.certificateArns }]),
      {
        actions: ['route53:ListResourceRecordSets'],
        resources: [`arn:aws:route53:::hostedzone/${r.description.publicRecord.hostedZoneId}`],
      },
    ],
  },
  'settings-record': {
    environment: ['evidenceTable', 'descriptionParameter'],
    grants: (r) => [
      readDescription(r),
      { actions: ['dynamodb:PutItem'], resources: [r.evidenceTableArn] },
      {
        actions: ['TargetGroups', 'TargetGroupAttributes', 'TargetHealth'].map(
          (each) => `elasticloadbalancing:Describe${each}`,
        ),
        resources: ['*'],
        why: 'describing target groups knows no resource',
      },
    ],
  },
  'way-inspect': {
    environment: [],
    grants: () => describeWay,
  },
  'capacity-await': { environment: [], grants: () => [describeGroups] },
};
