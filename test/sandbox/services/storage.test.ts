import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { S3 } from '@aws-sdk/client-s3';
import { SNS } from '@aws-sdk/client-sns';
import { SecretsManager } from '@aws-sdk/client-secrets-manager';
import { VirtualClock } from '../../../asl';
import { type Deployment, deploy } from '../../../sandbox/deployment';
import { ACCOUNT, REGION, attribute, policy, ref, writeAssembly } from '../deployment/assembly';

const like = (expression: RegExp): unknown => expect.stringMatching(expression);
const everything = (Principal: object | string, Resource: unknown, more: object) => ({
  Version: '2012-10-17',
  Statement: { Principal, Resource, ...more },
});
const resources = {
  Key: {
    Type: 'AWS::KMS::Key',
    Properties: {
      KeyPolicy: everything({ AWS: `arn:aws:iam::${ACCOUNT}:root` }, '*', { Effect: 'Allow', Action: 'kms:*' }),
    },
  },
  Bucket: {
    Type: 'AWS::S3::Bucket',
    Properties: { BucketName: 'reports', VersioningConfiguration: { Status: 'Enabled' } },
  },
  BucketPolicy: {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: ref('Bucket'),
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Deny',
            Principal: { AWS: '*' },
            Action: 's3:*',
            Resource: [attribute('Bucket'), 'arn:aws:s3:::reports/*'],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
          {
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:PutObject',
            Resource: 'arn:aws:s3:::reports/*',
            Condition: { Null: { 's3:x-amz-server-side-encryption': 'true' } },
          },
        ],
      },
    },
  },
  Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'people', KmsMasterKeyId: attribute('Key') } },
  Mail: {
    Type: 'AWS::SNS::Subscription',
    Properties: { TopicArn: ref('Topic'), Protocol: 'email', Endpoint: 'a@example.com' },
  },
  Table: {
    Type: 'AWS::DynamoDB::GlobalTable',
    Properties: {
      TableName: 'runs',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      Replicas: [{ Region: REGION, SSESpecification: { KMSMasterKeyId: attribute('Key') } }],
    },
  },
  Alarm: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: 'failed',
      MetricName: 'ExecutionsFailed',
      Namespace: 'AWS/States',
      Period: 60,
      Statistic: 'Sum',
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    },
  },
};

describe('what is kept', () => {
  const assembly = writeAssembly(resources);
  const folder = mkdtempSync(path.join(tmpdir(), 'lifeboat-objects-'));
  const clock = new VirtualClock();
  let deployment: Deployment;
  let all: string;
  let keyless: string;
  beforeAll(async () => {
    deployment = await deploy({ assembly: assembly.folder, stack: 'Test', clock, objectsFolder: folder });
    const services = ['s3:*', 'sns:*', 'dynamodb:*', 'cloudwatch:*', 'secretsmanager:*'];
    all = deployment.addRole('all', policy([[...services, 'kms:*'], '*']));
    keyless = deployment.addRole(
      'keyless',
      policy([services.filter((action) => action !== 's3:*'), '*'], ['s3:*Object', '*']),
    );
  });
  afterAll(async () => {
    await deployment.close();
    clock.close();
    assembly.remove();
    rmSync(folder, { recursive: true });
  });
  const as = async <T>(work: () => Promise<T>, roleArn = all): Promise<T> => await deployment.as(roleArn, 'test', work);

  it('objects, with their versions', async () => {
    const s3 = new S3({});
    const put = async (Body: string | Uint8Array) =>
      await as(
        async () =>
          await s3.putObject({
            Bucket: 'reports',
            Key: 'a/report.json',
            Body,
            ServerSideEncryption: 'AES256',
            ContentType: 'application/json',
          }),
      );
    const first = await put('{"n":1}');
    const second = await put(Buffer.from('{"n":2}'));
    expect(first.VersionId).not.toBe(second.VersionId);
    const { VersionId = '' } = first;
    const read = async (more: { VersionId?: string } = {}) =>
      await as(async () =>
        (await s3.getObject({ Bucket: 'reports', Key: 'a/report.json', ...more })).Body?.transformToString(),
      );
    expect([await read(), await read({ VersionId })]).toEqual(['{"n":2}', '{"n":1}']);
    expect(readFileSync(path.join(folder, 'reports/a/report.json'), 'utf8')).toBe('{"n":2}');
    expect(deployment.objects('Bucket').map(({ body }) => body.toString())).toEqual(['{"n":1}', '{"n":2}']);
    expect(await as(async () => await s3.headObject({ Bucket: 'reports', Key: 'a/report.json' }))).toMatchObject({
      ContentLength: 7,
      ContentType: 'application/json',
    });
    const { Contents } = await as(async () => await s3.listObjectsV2({ Bucket: 'reports', Prefix: 'a/' }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(['a/report.json']);
  });

  it("objects by the bucket's policy, and without telling a stranger what is there", async () => {
    const s3 = new S3({});
    await expect(as(async () => await s3.putObject({ Bucket: 'reports', Key: 'b', Body: 'x' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await expect(as(async () => await s3.getObject({ Bucket: 'reports', Key: 'none' }))).rejects.toMatchObject({
      name: 'NoSuchKey',
    });
    await expect(as(async () => await s3.getObject({ Bucket: 'reports', Key: 'none' }), keyless)).rejects.toMatchObject(
      { name: 'AccessDenied' },
    );
    await expect(as(async () => await s3.headObject({ Bucket: 'reports', Key: 'none' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    await expect(
      as(async () => await s3.putObject({ Bucket: 'reports', Key: '../b', Body: 'x', ServerSideEncryption: 'AES256' })),
    ).rejects.toMatchObject({ name: 'NotSimulatedError' });
  });

  it('messages, within their limits and with the right to the key', async () => {
    const sns = new SNS({});
    const TopicArn = `arn:aws:sns:${REGION}:${ACCOUNT}:people`;
    const publish = async (more: object, roleArn = all) =>
      await as(async () => await sns.publish({ TopicArn, Message: 'm', ...more }), roleArn);
    await publish({ Subject: 'DRILL: database recovery' });
    expect(deployment.messages(TopicArn)).toMatchObject([
      { subject: 'DRILL: database recovery', message: 'm', recipients: ['email:a@example.com'] },
    ]);
    for (const more of [
      { Subject: 'x'.repeat(101) },
      { Subject: 'ü' },
      { Subject: 'a\nb' },
      { Message: 'x'.repeat(262_145) },
      { Message: '' },
    ]) {
      await expect(publish(more)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    }
    await expect(publish({ TopicArn: `${TopicArn}x` })).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(publish({ MessageStructure: 'json' })).rejects.toMatchObject({ name: 'NotSimulatedError' });
    await expect(publish({}, keyless)).rejects.toMatchObject({
      name: 'AuthorizationErrorException',
      message: like(/kms:GenerateDataKey/),
    });
    expect(deployment.messages()).toHaveLength(1);
  });

  it('items, by the partition that a role may write', async () => {
    const dynamodb = new DynamoDB({});
    const narrow = deployment.addRole('narrow', {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Allow',
          Action: ['dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Scan'],
          Resource: '*',
          Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['RUN#*'] } },
        },
      ],
    });
    const put = async (pk: string) =>
      await as(async () => await dynamodb.putItem({ TableName: 'runs', Item: { pk: { S: pk } } }), narrow);
    const remove = async (pk: string) =>
      await as(async () => await dynamodb.deleteItem({ TableName: 'runs', Key: { pk: { S: pk } } }), narrow);
    await put('RUN#1');
    await remove('RUN#1');
    for (const refused of [
      put('LEASE#drill'),
      remove('LEASE#drill'),
      as(async () => await dynamodb.scan({ TableName: 'runs' }), narrow),
    ]) {
      await expect(refused).rejects.toMatchObject({ name: 'AccessDeniedException', message: like(/dynamodb:/) });
    }
  });

  it('items, of which one of three takes the lease', async () => {
    const dynamodb = new DynamoDB({});
    const take = async (owner: string, roleArn = all) =>
      await as(
        async () =>
          await dynamodb.updateItem({
            TableName: 'runs',
            Key: { pk: { S: 'lease' } },
            UpdateExpression: 'SET #o = :o ADD #t :one',
            ConditionExpression: 'attribute_not_exists(#o)',
            ExpressionAttributeNames: { '#o': 'owner', '#t': 'token' },
            ExpressionAttributeValues: { ':o': { S: owner }, ':one': { N: '1' } },
            ReturnValues: 'ALL_NEW',
          }),
        roleArn,
      );
    const taken = await Promise.allSettled(['a', 'b', 'c'].map(async (owner) => await take(owner)));
    expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(take('d')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    await expect(take('d', keyless)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: like(/kms:Decrypt/),
    });
    await expect(
      as(async () => await dynamodb.getItem({ TableName: 'other', Key: { pk: { S: 'x' } } })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(as(async () => await dynamodb.transactWriteItems({ TransactItems: [] }))).rejects.toMatchObject({
      name: 'NotSimulatedError',
    });
    const { Items } = await as(
      async () =>
        await dynamodb.query({
          TableName: 'runs',
          KeyConditionExpression: 'pk = :p',
          ExpressionAttributeValues: { ':p': { S: 'lease' } },
          ConsistentRead: true,
        }),
    );
    expect(Items?.[0]?.['token']).toEqual({ N: '1' });
    const { Table } = await as(async () => await dynamodb.describeTable({ TableName: 'runs' }));
    expect(Table?.TableArn).toBe(`arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/runs`);
  });

  it('secrets, current and previous', async () => {
    const arn = deployment.secrets.create('app/master', 'one', { tags: { app: 'x' }, suffix: 'AbCdEf' });
    expect(arn).toBe(`arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:app/master-AbCdEf`);
    deployment.secrets.rotate(arn, 'two');
    const client = new SecretsManager({});
    const read = async (more: object) =>
      (await as(async () => await client.getSecretValue({ SecretId: 'app/master', ...more }))).SecretString;
    expect([await read({}), await read({ VersionStage: 'AWSPREVIOUS' })]).toEqual(['two', 'one']);
    deployment.secrets.rotate(arn, 'three');
    expect([await read({}), await read({ VersionStage: 'AWSPREVIOUS' })]).toEqual(['three', 'two']);
    await expect(read({ SecretId: 'none' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    const tagged = deployment.addRole('tagged', {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: '*',
        Condition: { StringEquals: { 'aws:ResourceTag/app': 'y' } },
      },
    });
    await expect(as(async () => await client.getSecretValue({ SecretId: arn }), tagged)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    expect(await deployment.call(all, 'host', 'SecretsManager', 'GetSecretValue', { SecretId: arn })).toMatchObject({
      SecretString: 'three',
    });
  });

  it('metrics and alarms', async () => {
    const client = new CloudWatch({});
    await as(
      async () =>
        await client.putMetricData({
          Namespace: 'Lifeboat',
          MetricData: [{ MetricName: 'RecoverySeconds', Value: 12, Unit: 'Seconds' }],
        }),
    );
    expect(deployment.parts.alarms.data()).toMatchObject([
      { namespace: 'Lifeboat', MetricName: 'RecoverySeconds', Value: 12 },
    ]);
    const { MetricAlarms: [found] = [] } = await as(
      async () => await client.describeAlarms({ AlarmNames: ['failed'] }),
    );
    expect(found).toMatchObject({ AlarmName: 'failed', StateValue: 'INSUFFICIENT_DATA', Threshold: 1 });
    const ResourceARN = found?.AlarmArn ?? '';
    await as(async () => await client.tagResource({ ResourceARN, Tags: [{ Key: 'lifeboat:run', Value: 'r' }] }));
    expect((await as(async () => await client.listTagsForResource({ ResourceARN }))).Tags).toEqual([
      { Key: 'lifeboat:run', Value: 'r' },
    ]);
    const alarm = {
      AlarmName: 'copy',
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 1,
      MetricName: 'm',
      Namespace: 'n',
      Statistic: 'Sum',
    } as const;
    await as(async () => await client.putMetricAlarm({ ...alarm, Period: 60 }));
    await expect(as(async () => await client.putMetricAlarm({ ...alarm, Period: 45 }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(as(async () => await client.putMetricAlarm(alarm))).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(
      as(async () => await client.putMetricAlarm({ ...alarm, Period: 60, ThresholdMetricId: 'x' })),
    ).rejects.toMatchObject({ name: 'NotSimulatedError' });
  });
});
