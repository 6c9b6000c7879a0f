import { GetParameterCommand, SSM, SSMClient, ParameterNotFound } from '@aws-sdk/client-ssm';
import { DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { VirtualClock } from '../../../asl';
import { type Deployment, deploy } from '../../../sandbox/deployment';
import { AwsError, type SimulatedService } from '../../../sandbox/services/service';
import { ACCOUNT, REGION, attribute, lambda, policy, ref, role, writeAssembly } from './assembly';

const bundle = `
  const { SSMClient, GetParameterCommand } = require('@aws-sdk/client-ssm');
  const client = new SSMClient({});
  exports.handler = async ({ name, later }) => {
    if (later) { setTimeout(() => client.send(new GetParameterCommand({ Name: name })).catch((e) => { globalThis.afterwards(e); }), 5); return 'gone'; }
    const { Parameter } = await client.send(new GetParameterCommand({ Name: name }));
    return Parameter.Value;
  };`;
const resources = {
  Role: role('lambda', ['ssm:GetParameter', `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/mine/*`]),
  Other: role('lambda', ['ssm:GetParameter', `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/other/*`]),
  F: lambda('f', 'Role'),
  G: lambda('f', 'Other'),
  Parameter: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/mine/x', Type: 'String', Value: 'v' } },
  Second: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/other/x', Type: 'String', Value: 'w' } },
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      TableName: 'runs',
    },
  },
};
const rds: SimulatedService = {
  name: 'RDS',
  standIn: { name: 'RDS', instead: 'a test', differs: 'everything' },
  operations: {
    DescribeDBInstances: {
      authorize: () => [{ action: 'rds:DescribeDBInstances', resource: '*' }],
      perform: (input, caller) => {
        if (caller.region !== REGION)
          return Promise.resolve({ DBInstances: [{ DBInstanceIdentifier: caller.region }] });
        if (Reflect.get(Object(input), 'DBInstanceIdentifier') === 'odd') return Promise.resolve({ Odd: 1 });
        throw new AwsError('DBInstanceNotFoundFault', 'DBInstance x not found.', 404);
      },
    },
  },
};

describe('the interceptor', () => {
  const assembly = writeAssembly(resources, { f: bundle });
  const clock = new VirtualClock();
  let deployment: Deployment;
  let roleArn: string;
  beforeAll(async () => {
    deployment = await deploy({ assembly: assembly.folder, stack: 'Test', clock, services: [rds] });
    roleArn = deployment.addRole(
      'tester',
      policy(
        [['ssm:GetParameter', 'ssm:DescribeParameters', 'rds:DescribeDBInstances'], '*'],
        [['dynamodb:PutItem', 'dynamodb:GetItem'], `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/runs`],
      ),
    );
  });
  afterAll(async () => {
    await deployment.close();
    clock.close();
    assembly.remove();
  });
  const asTester = async <T>(work: () => Promise<T>): Promise<T> => await deployment.as(roleArn, 'tester', work);

  it('answers under the role of the function that calls', async () => {
    expect(await deployment.invoke('F', { name: '/mine/x' })).toEqual({ kind: 'answered', payload: '"v"' });
    expect(await deployment.invoke('F', { name: '/other/x' })).toMatchObject({
      error: { errorType: 'AccessDeniedException' },
    });
    expect(deployment.callLog.at(-1)).toMatchObject({
      service: 'SSM',
      operation: 'GetParameter',
      outcome: 'denied',
      permissions: [
        { action: 'ssm:GetParameter', resource: `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/other/x`, allowed: false },
      ],
    });
  });

  it('never mistakes one caller for another', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const [name, parameter] = index % 2 === 0 ? ['F', '/mine/x'] : ['G', '/other/x'];
        return await deployment.invoke(name, { name: parameter });
      }),
    );
    expect(outcomes.every(({ kind }) => kind === 'answered')).toBe(true);
  });

  it('words a refusal as AWS does', async () => {
    const outcome = await deployment.invoke('G', { name: '/mine/x' });
    expect(JSON.stringify(outcome)).toContain(
      `is not authorized to perform: ssm:GetParameter on resource: arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/mine/x because no identity-based policy allows the ssm:GetParameter action`,
    );
  });

  it("throws the SDK's own errors", async () => {
    const sent = asTester(async () => await new SSMClient({}).send(new GetParameterCommand({ Name: '/none' })));
    await expect(sent).rejects.toBeInstanceOf(ParameterNotFound);
    await expect(sent).rejects.toMatchObject({ name: 'ParameterNotFound', $metadata: { httpStatusCode: 400 } });
    const missing = asTester(async () => await new RDSClient({}).send(new DescribeDBInstancesCommand({})));
    await expect(missing).rejects.toMatchObject({ name: 'DBInstanceNotFoundFault', $fault: 'client' });
  });

  it('serves aggregated clients and callbacks, with metadata', async () => {
    const answered = await asTester(async () => await new SSM({}).getParameter({ Name: '/mine/x' }));
    expect(answered).toMatchObject({ Parameter: { Value: 'v' }, $metadata: { httpStatusCode: 200 } });
    const value = await asTester(
      async () =>
        await new Promise((resolve) => {
          new SSMClient({}).send(new GetParameterCommand({ Name: '/mine/x' }), (_error: unknown, output) => {
            resolve(output?.Parameter?.Value);
          });
        }),
    );
    expect(value).toBe('v');
  });

  it('sees document commands as the plain ones, both ways', async () => {
    await asTester(async () => {
      const client = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
        marshallOptions: { removeUndefinedValues: true },
      });
      const Item = { pk: 'a', count: 1, list: ['x'], nothing: undefined };
      await client.send(new PutCommand({ TableName: 'runs', Item, ConditionExpression: 'attribute_not_exists(pk)' }));
      const { Item: read } = await client.send(
        new GetCommand({ TableName: 'runs', Key: { pk: 'a' }, ConsistentRead: true }),
      );
      expect(read).toEqual({ pk: 'a', count: 1, list: ['x'] });
      const again = client.send(
        new PutCommand({ TableName: 'runs', Item, ConditionExpression: 'attribute_not_exists(pk)' }),
      );
      await expect(again).rejects.toBeInstanceOf(ConditionalCheckFailedException);
      const plain = await new DynamoDBClient({}).send(
        new GetItemCommand({ TableName: 'runs', Key: { pk: { S: 'a' } } }),
      );
      expect(plain.Item).toEqual({ pk: { S: 'a' }, count: { N: '1' }, list: { L: [{ S: 'x' }] } });
    });
    expect(deployment.callLog.at(-1)).toMatchObject({ service: 'DynamoDB', operation: 'GetItem', outcome: 'done' });
  });

  it('tells a region that a client was made with from one that it would look up', async () => {
    const { DBInstances } = await asTester(
      async () => await new RDSClient({ region: 'eu-west-1' }).send(new DescribeDBInstancesCommand({})),
    );
    expect(DBInstances?.[0]?.DBInstanceIdentifier).toBe('eu-west-1');
    await expect(
      asTester(
        async () => await new SSMClient({ region: 'eu-west-1' }).send(new GetParameterCommand({ Name: '/mine/x' })),
      ),
    ).rejects.toMatchObject({ name: 'NotSimulatedError' });
  });

  it.each<[string, object, RegExp]>([
    ['a required member is missing', {}, /Name is required/],
    ['a field is not in the model', { Name: '/mine/x', Nmae: 1 }, /Nmae is not in the service's model/],
    ['a value has another type', { Name: 1 }, /Name is not a text/],
  ])('refuses input where %s', async (_name, input, message) => {
    const command = new GetParameterCommand({ Name: '' });
    Object.assign(command, { input });
    await expect(asTester(async () => await new SSMClient({}).send(command))).rejects.toThrow(message);
  });

  it('refuses what is not simulated, and answers that the service could not give', async () => {
    const refused = asTester(async () => await new SSM({}).describeParameters({}));
    await expect(refused).rejects.toMatchObject({
      name: 'NotSimulatedError',
      message: 'SSM DescribeParameters is not simulated',
    });
    expect(deployment.callLog.at(-1)).toMatchObject({ outcome: 'refused' });
    const odd = new DescribeDBInstancesCommand({ DBInstanceIdentifier: 'odd' });
    await expect(asTester(async () => await new RDSClient({}).send(odd))).rejects.toMatchObject({
      name: 'SimulationError',
    });
  });

  it('refuses calls of nobody, and of those who have ended', async () => {
    const nobody = new SSMClient({}).send(new GetParameterCommand({ Name: '/mine/x' }));
    await expect(nobody).rejects.toMatchObject({ name: 'NoRoleError' });
    const afterwards = new Promise((resolve) => {
      Object.assign(globalThis, { afterwards: resolve });
    });
    await deployment.invoke('F', { name: '/mine/x', later: true });
    expect(await afterwards).toMatchObject({ name: 'InvocationEndedError' });
  });
});

it('takes itself back with the last deployment', async () => {
  const assembly = writeAssembly({
    P: { Type: 'AWS::SSM::Parameter', Properties: { Type: 'String', Value: ref('AWS::StackName') } },
  });
  const clock = new VirtualClock();
  const send = SSMClient.prototype.send;
  const first = await deploy({ assembly: assembly.folder, stack: 'Test', clock });
  const second = await deploy({ assembly: assembly.folder, stack: 'Test', clock });
  expect(SSMClient.prototype.send).not.toBe(send);
  await first.close();
  expect(SSMClient.prototype.send).not.toBe(send);
  await second.close();
  expect(SSMClient.prototype.send).toBe(send);
  assembly.remove();
});

it('refuses by name what it does not simulate of a template', async () => {
  const clock = new VirtualClock();
  const failure = async (resources: Parameters<typeof writeAssembly>[0], stack = 'Test'): Promise<unknown> => {
    const assembly = writeAssembly(resources);
    try {
      return await deploy({ assembly: assembly.folder, stack, clock });
    } catch (thrown) {
      return thrown;
    } finally {
      assembly.remove();
    }
  };
  expect(await failure({ V: { Type: 'AWS::EC2::VPC' } })).toMatchObject({
    name: 'UnknownResourceTypeError',
    message: 'V is a AWS::EC2::VPC, which the sandbox does not simulate',
  });
  const odd = { ...lambda('f', 'Role'), Properties: { VpcConfig: {}, ...lambda('f', 'Role').Properties } };
  expect(await failure({ Role: role('lambda'), F: odd })).toMatchObject({
    name: 'UnknownPropertyError',
    message: 'F (AWS::Lambda::Function): VpcConfig is not simulated',
  });
  expect(
    await failure({ Q: { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [attribute('Z')] } } }),
  ).toMatchObject({
    name: 'TemplateError',
  });
  expect(await failure({}, 'Other')).toMatchObject({ name: 'AssemblyError' });
});
