import { describe as described } from '../../config/describe';
import { interviewDrills } from '../../config/interview-drills';
import { deployments } from '../../lib/tasks';
import type { Resources } from '../../lib/tasks/deployment';

const key = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';

function keyGrants(kmsKeyArns: string[]): Record<string, unknown> {
  const description = { ...described(interviewDrills, 'drill'), kmsKeyArns };
  const arn = (service: string, rest: string) => `arn:aws:${service}:us-east-1:123456789012:${rest}`;
  const resources: Resources = {
    description,
    runsTableArn: arn('dynamodb', 'table/runs'),
    evidenceTableArn: arn('dynamodb', 'table/evidence'),
    reportBucketArn: 'arn:aws:s3:::reports',
    notificationsTopicArn: arn('sns', 'topic'),
    notificationsKeyArn: arn('kms', 'key/notifications'),
    descriptionParameterArn: arn('ssm', 'parameter/description'),
    arn,
    machineArn: (name) => arn('states', name),
    executionArns: (name) => arn('states', `${name}:*`),
  };
  const found: Record<string, unknown> = {};
  for (const [name, { grants }] of Object.entries(deployments)) {
    const own = grants(resources).filter(
      ({ actions, resources: on }) =>
        actions.some((action) => action.startsWith('kms:')) &&
        !on.includes(resources.notificationsKeyArn) &&
        // The settings of keys that a stack has, which nothing can be encrypted or decrypted by.
        !on.includes('*'),
    );
    if (own.length > 0) found[name] = own;
  }
  return found;
}

test("the customer's keys are granted to exactly those changes that meet them, by the service alone", () => {
  const database = [
    {
      actions: ['kms:DescribeKey'],
      resources: [key],
      conditions: { StringEquals: { 'kms:ViaService': ['rds.us-east-1.amazonaws.com'] } },
    },
    {
      actions: ['kms:CreateGrant'],
      resources: [key],
      conditions: {
        StringEquals: { 'kms:ViaService': ['rds.us-east-1.amazonaws.com'] },
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
      },
    },
  ];
  const byEc2 = { StringEquals: { 'kms:ViaService': 'ec2.us-east-1.amazonaws.com' } };
  expect(keyGrants([key])).toEqual({
    'change-files-volume': [
      {
        actions: [
          'kms:Decrypt',
          'kms:DescribeKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ],
        resources: [key],
        conditions: byEc2,
      },
      {
        actions: ['kms:CreateGrant'],
        resources: [key],
        conditions: { ...byEc2, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      },
    ],
    'change-database-replacement': database,
    'change-database-settings': database,
    'change-first-backup': database,
    'change-master-login': [
      {
        actions: ['kms:Decrypt'],
        resources: [key],
        conditions: { StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' } },
      },
    ],
  });
});

test('without such keys nothing is granted on any', () => {
  expect(keyGrants([])).toEqual({});
});
