import { planNames } from '../../../contract/run';
import { type Policy, parsePolicy, type Role, Roles } from '../../../sandbox/identity';
import { evaluateIdentity } from '../../../sandbox/identity/evaluate';
import {
  damageDuringRestore,
  deniedPolicy,
  NothingToDamageError,
  restoreKilled,
  scenarios,
  seeded,
  silentHost,
} from '../../../sandbox/scenarios';
import { emptyWorld } from './world';

test('each is found by its name, and every plan that repairs something has one', () => {
  expect([...scenarios].map(([name, scenario]) => [name, scenario.name])).toEqual(
    [...scenarios.keys()].map((name) => [name, name]),
  );
  const drilled = new Set([...scenarios.values()].map(({ plan }) => plan));
  expect(planNames.filter((plan) => !drilled.has(plan))).toEqual([]);
});

test('the next restore is killed, at one of its two halves', async () => {
  const steps = new Set<string>();
  for (let seed = 0; seed < 10; seed += 1) {
    const world = emptyWorld({ random: seeded(seed) });
    const injected = await restoreKilled.inject(world);
    const fault = world.rds.nextRestoreFault!;
    steps.add(fault.at);
    let killed = 0;
    await fault.act(() => Promise.resolve(void (killed += 1)));
    expect(killed).toBe(1);
    await expect(injected.struck).resolves.toMatchObject({ what: `the restore was killed while ${fault.at}` });
  }
  expect([...steps].sort()).toEqual(['copying', 'replaying']);
});

test('damage that cannot be done during a restore is told to both who wait for it', async () => {
  const world = emptyWorld();
  const { struck } = await damageDuringRestore.inject(world);
  const fault = world.rds.nextRestoreFault!;
  expect(fault.at).toBe('replaying');
  await expect(fault.act(() => Promise.reject(new Error('not to be killed')))).rejects.toThrow('no database');
  await expect(struck).rejects.toThrow('no database');
});

test('one host falls silent, and it takes a host', async () => {
  const silent: string[] = [];
  const host = (id: string) => ({ silence: () => void silent.push(id), answer: () => undefined });
  const hosts = new Map(['i-1', 'i-2'].map((id) => [id, host(id)]));
  const { what } = await silentHost.inject(emptyWorld({ hosts }));
  expect(silent).toHaveLength(1);
  expect(what).toBe(`the agent of host ${silent[0]!} does not answer`);
  await expect(silentHost.inject(emptyWorld())).rejects.toThrow(NothingToDamageError);
});

test('the action is denied to every role that has it, and to no other', async () => {
  const action = 'rds:RestoreDBInstanceToPointInTime';
  const resource = 'arn:aws:rds:eu-central-1:111122223333:db:one';
  const policy = (...actions: string[]): Policy =>
    parsePolicy(
      'own',
      { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: actions, Resource: '*' } },
      'identity',
    );
  const trust = parsePolicy(
    'trust',
    {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
    },
    'trust',
  );
  const roles = new Roles();
  const arn = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
  const add = (name: string, ...actions: string[]) => {
    const role: Role = { arn: arn(name), name, trust, policies: [policy(...actions)] };
    roles.add(role);
  };
  add('restores', action, 'rds:DescribeDBInstances');
  add('reads', 'rds:DescribeDBInstances');
  const verdict = (name: string, asked: string) =>
    evaluateIdentity(roles.get(arn(name)).policies, {
      principal: { kind: 'role', arn: arn(name), account: '111122223333' },
      action: asked,
      resource,
      context: new Map(),
    }).verdict;
  expect(verdict('restores', action)).toBe('allowed');
  const { what } = await deniedPolicy(action).inject(emptyWorld({ roles }));
  expect(what).toBe(`${action} was denied to 1 roles`);
  expect(verdict('restores', action)).toBe('explicitly denied');
  expect(verdict('restores', 'rds:DescribeDBInstances')).toBe('allowed');
  expect(roles.get(arn('reads')).policies).toHaveLength(1);
  await expect(deniedPolicy('rds:DeleteDBInstance').inject(emptyWorld({ roles }))).rejects.toThrow(
    NothingToDamageError,
  );
});
