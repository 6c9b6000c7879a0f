import { parsePolicy, policyFindings } from '../../../sandbox/identity';

const findings = async (Action: string, Resource: string) =>
  await policyFindings([
    {
      arn: 'arn:aws:iam::123456789012:role/r',
      name: 'r',
      trust: { name: 't', statements: [] },
      policies: [
        parsePolicy('p', { Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource } }, 'identity'),
      ],
    },
  ]);

describe('findings', () => {
  it.each([
    ['rds:DeleteDBInstance', 'arn:aws:rds:eu-central-1:123456789012:db:*'],
    ['rds:DeleteDBInstance', '*'],
    ['rds:Describe*', 'arn:aws:rds:eu-central-1:123456789012:db:*'],
    ['ssm:GetCommandInvocation', '*'],
  ])('none for %s on %s', async (action, resource) => {
    expect(await findings(action, resource)).toEqual([]);
  });

  it('an action that does not exist', async () => {
    expect(await findings('rds:DestroyDBInstance', '*')).toMatchObject([
      { role: 'r', policy: 'p', action: 'rds:DestroyDBInstance', message: 'names no action that exists' },
    ]);
    expect(await findings('rdss:DeleteDBInstance', '*')).toHaveLength(1);
  });

  it('a resource for an action that takes none', async () => {
    const [finding] = await findings('ssm:GetCommandInvocation', 'arn:aws:ssm:eu-central-1:123456789012:document/x');
    expect(finding?.message).toContain('"*" alone');
  });

  it('a resource of another kind', async () => {
    const [finding] = await findings('rds:DeleteDBInstance', 'arn:aws:rds:eu-central-1:123456789012:snapshot:x');
    expect(finding?.message).toContain('none of these');
  });
});
