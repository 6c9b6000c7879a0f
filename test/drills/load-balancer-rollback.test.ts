import { defaultHealthCheck, TargetGroup } from '../../sandbox/network';
import { describeDrill } from './postgres';
import { Stage } from './stage';

const PLAN = 'load-balancer-rollback';

jest.setTimeout(240_000);

describeDrill('a load balancer rollback that ends badly', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('shift');
  });
  afterAll(async () => {
    await stage.close();
  });

  /** What the listener forwards to, by the names of the groups. */
  const forwards = () => {
    const { elb, description } = stage.world;
    const action = elb.defaultActionOf(description.loadBalancer.listenerArn);
    return action.kind === 'forward' ? action.groups.map(({ group, weight }) => `${group.name} ${weight}`) : [];
  };
  const addGroup = (name: string, port: number): void => {
    const { clock, description, elb, hosts } = stage.world;
    const group = new TargetGroup(name, clock, { ...defaultHealthCheck, path: '/api/health' });
    for (const host of hosts) group.register(host.id, host.address, port);
    const { targetGroupArn } = description.loadBalancer;
    elb.addTargetGroup(targetGroupArn.replace(/\/([^/]+)\/([^/]+)$/, `/${name}/0123456789abcdef`), group);
  };
  const fromOutside = async () => (await fetch(`${stage.world.balancer.url}/api/health`)).status;

  test('a group that never gets healthy gets no request: the rules are as they were, and users noticed nothing', async () => {
    const { balancer, exchanges } = stage.world;
    addGroup('deaf', 9);
    const before = exchanges.length;
    const asking = setInterval(() => {
      fetch(`${balancer.url}/api/health`).catch(() => undefined);
    }, 50);
    const { report } = await stage.run({ plan: PLAN, targetGroup: 'deaf' });
    clearInterval(asking);
    expect(report.status).toBe('failed');
    expect(report.error).toBe('WaitExpired');
    expect(report.failedStep).toContain('Shift the traffic');
    expect(forwards()).toEqual(['targets 1']);
    const asked = exchanges.slice(before).filter(({ by }) => by !== 'fixed-response');
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter(({ group, status }) => group !== 'targets' || status !== 200)).toEqual([]);
    expect(await fromOutside()).toBe(200);
    expect(await stage.leaseHolder()).toBe('');
  });

  test('one that breaks down in the midst of the shift gives back what it had got', async () => {
    const { elb, description, hosts } = stage.world;
    const [host] = hosts;
    if (host === undefined) throw new TypeError('there are hosts');
    addGroup('frail', host.endpoint(80).port);
    const breaking = async () => {
      await stage.until(() => forwards().some((each) => /^frail [1-9]/.test(each)), 'some traffic has been shifted');
      const action = elb.defaultActionOf(description.loadBalancer.listenerArn);
      if (action.kind !== 'forward') throw new TypeError('the listener forwards');
      const frail = action.groups.find(({ group }) => group.name === 'frail')?.group;
      for (const each of hosts) frail?.register(each.id, each.address, 9);
    };
    const { report } = await stage.run(
      { plan: PLAN, targetGroup: 'frail' },
      { 'load-balancer-rollback/Shift the traffic': breaking },
    );
    expect(report.status).toBe('failed');
    expect(forwards()).toEqual(['targets 1']);
    expect(await fromOutside()).toBe(200);
  });

  test.each([
    { what: 'a group that is not there', targetGroup: 'nowhere', says: /not found/ },
    { what: 'the group that has the traffic already', says: /nothing to take back/ },
  ])('$what is refused, and nothing was changed', async ({ targetGroup, says }) => {
    const { report } = await stage.run({ plan: PLAN, ...(targetGroup === undefined ? {} : { targetGroup }) });
    expect(report.status).toBe('rejected');
    expect(report.error).toBe('TargetGroupUnfitError');
    expect(report.cause).toMatch(says);
    expect(report.changes).toEqual([]);
  });
});
