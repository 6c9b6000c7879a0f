import * as z from 'zod';
import { parsePolicy, Roles } from '../../../../sandbox/identity';
import { PolicySimulator } from '../../../../sandbox/services/iam/simulator';
import { NotSimulatedError } from '../../../../sandbox/services/service';
import { ACCOUNT, REGION, unknownToIam } from '../commands';

const role = `arn:aws:iam::${ACCOUNT}:role/changer`;
const database = (name: string) => `arn:aws:rds:${REGION}:${ACCOUNT}:db:${name}`;
const caller = { roleArn: `arn:aws:iam::${ACCOUNT}:role/machine`, account: ACCOUNT, region: REGION };
const answerSchema = z.strictObject({
  EvaluationResults: z.array(
    z.strictObject({
      EvalActionName: z.string(),
      EvalResourceName: z.string(),
      EvalDecision: z.enum(['allowed', 'explicitDeny', 'implicitDeny']),
      MissingContextValues: z.array(z.string()),
    }),
  ),
  IsTruncated: z.literal(false),
});

describe("IAM's policy simulator", () => {
  const simulator = new PolicySimulator(roles(), { partition: 'aws', account: ACCOUNT, region: REGION });
  const { SimulatePrincipalPolicy } = simulator.operations;

  function roles(): Roles {
    const all = new Roles();
    const document = (...Statement: object[]) => ({ Version: '2012-10-17', Statement });
    const service = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
    const own = [
      { Effect: 'Allow', Action: ['rds:ModifyDBInstance', 'rds:DeleteDBInstance'], Resource: database('lifeboat-*') },
      { Effect: 'Deny', Action: 'rds:DeleteDBInstance', Resource: '*' },
      {
        Effect: 'Allow',
        Action: 'ssm:SendCommand',
        Resource: '*',
        Condition: { StringEquals: { 'aws:ResourceTag/lifeboat:hosts': 'drill' } },
      },
    ];
    all.add({
      arn: role,
      name: 'changer',
      trust: parsePolicy('trust', document(service), 'trust'),
      policies: [parsePolicy('own', document(...own), 'identity')],
    });
    return all;
  }
  const asked = async (more: object) => {
    const input = { PolicySourceArn: role, ActionNames: ['rds:ModifyDBInstance'], ...more };
    return answerSchema.parse(await SimulatePrincipalPolicy.perform(input, caller)).EvaluationResults;
  };
  const decisions = async (more: object) => (await asked(more)).map(({ EvalDecision }) => EvalDecision);

  test('needs its own right on the role that is asked about, which IAM knows', async () => {
    const input = { PolicySourceArn: role, ActionNames: ['rds:ModifyDBInstance'] };
    const permissions = SimulatePrincipalPolicy.authorize(input, caller);
    expect(permissions).toEqual([{ action: 'iam:SimulatePrincipalPolicy', resource: role }]);
    await expect(unknownToIam(permissions)).resolves.toEqual([]);
  });

  test('tells allowed, denied by a policy, and in no policy apart, for each action on each resource', async () => {
    const results = await asked({
      ActionNames: ['rds:ModifyDBInstance', 'rds:DeleteDBInstance'],
      ResourceArns: [database('lifeboat-1'), database('shop')],
    });
    expect(results.map((one) => [one.EvalActionName, one.EvalResourceName, one.EvalDecision])).toEqual([
      ['rds:ModifyDBInstance', database('lifeboat-1'), 'allowed'],
      ['rds:ModifyDBInstance', database('shop'), 'implicitDeny'],
      ['rds:DeleteDBInstance', database('lifeboat-1'), 'explicitDeny'],
      ['rds:DeleteDBInstance', database('shop'), 'explicitDeny'],
    ]);
  });

  test('without a resource it asks about every one, which a right on some is not', async () => {
    await expect(decisions({})).resolves.toEqual(['implicitDeny']);
  });

  test('a condition that it is told nothing of does not hold, and it says which key was missing', async () => {
    const [result] = await asked({ ActionNames: ['ssm:SendCommand'] });
    expect(result).toMatchObject({
      EvalDecision: 'implicitDeny',
      MissingContextValues: ['aws:resourcetag/lifeboat:hosts'],
    });
  });

  test.each([
    ['drill', 'allowed'],
    ['production', 'implicitDeny'],
  ])('with the key as %s it is %s', async (value, decision) => {
    const entry = (ContextKeyName: string) => ({
      ContextKeyName,
      ContextKeyType: 'string',
      ContextKeyValues: [value],
    });
    const [result] = await asked({
      ActionNames: ['ssm:SendCommand'],
      ContextEntries: [entry('AWS:ResourceTag/lifeboat:hosts')],
    });
    expect(result).toMatchObject({ EvalDecision: decision, MissingContextValues: [] });
  });

  test('a role that is not there, and what is not simulated, are refused by name', async () => {
    await expect(asked({ PolicySourceArn: `${role}-2` })).rejects.toMatchObject({ name: 'NoSuchEntityException' });
    await expect(asked({ ActionNames: [] })).rejects.toMatchObject({ name: 'InvalidInputException' });
    await expect(asked({ ResourcePolicy: '{}' })).rejects.toThrow(NotSimulatedError);
  });
});
