import { type Check } from '../../contract/run';
import { type World as Sandbox } from '../drill/world';
import { NothingToDamageError, type Scenario, sandboxOf } from './scenario';

/** What the application has long had: its interface by a rule, and nothing else behind the listener. */
const PRIORITY = 1;

/** Who served when nothing had happened, of each sandbox. */
const servedBefore = new WeakMap<object, readonly string[]>();
/** How the target group was set then. */
const setBefore = new WeakMap<object, string>();

/** What somebody has long set of the target group, none of it AWS's default: nobody described it anywhere. */
const settings = {
  check: {
    HealthCheckIntervalSeconds: 20,
    HealthCheckTimeoutSeconds: 6,
    HealthyThresholdCount: 4,
    UnhealthyThresholdCount: 3,
    Matcher: { HttpCode: '200-204' },
  },
  attributes: {
    'deregistration_delay.timeout_seconds': '120',
    'stickiness.enabled': 'true',
    'stickiness.type': 'app_cookie',
    'stickiness.app_cookie.cookie_name': 'session',
    'stickiness.app_cookie.duration_seconds': '3600',
    'slow_start.duration_seconds': '30',
    'load_balancing.cross_zone.enabled': 'true',
  },
};

/** Sets them of the group that is there. */
export function setTheGroup({ description, elb, targets }: Sandbox): void {
  elb.groups.settings.check(targets, { HealthCheckPath: description.loadBalancer.healthCheckPath, ...settings.check });
  elb.groups.settings.set(targets, settings.attributes);
}

/** Everything that is set of the group that is there, as ELBv2 describes it. */
export function settingsOfTheGroup({ elb, targets }: Sandbox): string {
  const { settings: of } = elb.groups;
  return JSON.stringify({ ...of.describedCheck(targets), ...of.attributesOf(targets) });
}

/** A rule forwards the described paths to the described group; what it does not forward nobody answers. */
export function forwardByRule({ description, elb, targets }: Sandbox): void {
  const { listenerArn, paths } = description.loadBalancer;
  elb.createRule(listenerArn, {
    priority: PRIORITY,
    conditions: [{ kind: 'path', patterns: paths }],
    action: { kind: 'forward', groups: [{ group: targets, weight: 1 }] },
  });
  // Somebody else's rule, in a place that the written procedure would take.
  elb.createRule(listenerArn, {
    priority: PRIORITY + 1,
    conditions: [{ kind: 'path', patterns: ['/robots.txt'] }],
    action: { kind: 'fixed-response', status: 200, contentType: 'text/plain', body: 'User-agent: *' },
  });
  const nothing = { kind: 'fixed-response', status: 404, contentType: 'text/plain', body: 'Not found' } as const;
  elb.setDefaultAction(listenerArn, nothing);
}

/** Somebody cleans up: the rules that forward to the group, then the group. */
export function deleteTheWay({ description, elb, targets }: Sandbox): void {
  const { listenerArn, targetGroupArn } = description.loadBalancer;
  const forwards = elb
    .rulesOf(listenerArn)
    .filter(({ action }) => action.kind === 'forward' && action.groups.some(({ group }) => group === targets));
  for (const { arn } of forwards) elb.deleteRule(arn);
  elb.groups.remove(targetGroupArn);
}

/** Somebody ends the last host, and lowers the number that is wanted, so that nothing replaces it. */
export function endAHost({ autoScaling, description, hosts }: Sandbox): string {
  const host = hosts.at(-1);
  if (host === undefined) throw new NothingToDamageError('there are no hosts');
  autoScaling.shrink(description.autoScalingGroup, host.id);
  return host.id;
}

/** A clean-up script went for the wrong account: rule and target group are deleted, a host is ended, the record leads nowhere. */
export const missingInfrastructure: Scenario = {
  name: 'missing-infrastructure',
  title: 'The rule and the target group were deleted, a host was ended, and the public record was moved',
  plan: 'infrastructure-recovery',
  prepare: async (world) => {
    const sandbox = sandboxOf(world);
    forwardByRule(sandbox);
    setTheGroup(sandbox);
    await world.lookAtReleases?.();
  },
  inject: (world) => {
    const sandbox = sandboxOf(world);
    const { description, hosts, route53 } = sandbox;
    const { hostedZoneId, name, ttlSeconds } = description.publicRecord;
    servedBefore.set(
      sandbox,
      hosts.map(({ id }) => id),
    );
    const at = new Date();
    setBefore.set(sandbox, settingsOfTheGroup(sandbox));
    deleteTheWay(sandbox);
    const ended = endAHost(sandbox);
    route53.addRecord(hostedZoneId, name, `gone.${name}`, ttlSeconds);
    return Promise.resolve({ at, what: `rule and target group are deleted, ${ended} is ended, the record is another` });
  },
  look: (world) => {
    const sandbox = sandboxOf(world);
    const { autoScaling, description, elb, hosts, infrastructure, route53, targets } = sandbox;
    const { listenerArn, paths } = description.loadBalancer;
    const { hostedZoneId, name, value } = description.publicRecord;
    const check = (what: string, expected: string, actual: string, evidence: string): Check => ({
      name: what,
      status: expected === actual ? 'passed' : 'failed',
      expected,
      actual,
      evidence,
    });
    const wanted = description.infrastructure?.hosts ?? 0;
    const before = servedBefore.get(sandbox) ?? [];
    const survivors = before.filter((id) => hosts.some((host) => host.id === id));
    const rules = elb
      .rulesOf(listenerArn)
      .filter(({ action }) => action.kind === 'forward' && action.groups.some(({ group }) => group === targets));
    const stack = infrastructure.cloudFormation.stacks.find(
      description.infrastructure?.by === 'cloudformation' ? description.infrastructure.stack : '',
    );
    const states = targets
      .targets()
      .filter(({ state }) => state !== 'draining')
      .map(({ state }) => state);
    const record = route53.records(hostedZoneId).find((each) => each.name === name);
    return Promise.resolve([
      check('hosts', String(wanted), String(hosts.length), 'the sandbox'),
      check('hosts that were left, and are left alone', String(wanted - 1), String(survivors.length), 'the sandbox'),
      check(
        'how many hosts the group wants',
        String(wanted),
        String(autoScaling.sizesOf(description.autoScalingGroup).desired),
        'the simulated group',
      ),
      check(
        'targets',
        Array.from({ length: wanted }, () => 'healthy').join(', '),
        states.join(', '),
        'the load balancer',
      ),
      check(
        'settings of the target group',
        setBefore.get(sandbox) ?? '',
        settingsOfTheGroup(sandbox),
        'the load balancer',
      ),
      check(
        'rules that forward there, and their paths',
        `1: ${paths.join(', ')}`,
        `${rules.length}: ${rules.flatMap(({ conditions }) => conditions.flatMap((each) => (each.kind === 'path' ? each.patterns : []))).join(', ')}`,
        'the simulated listener',
      ),
      check(
        "somebody else's rule",
        `at ${PRIORITY + 1}`,
        elb
          .rulesOf(listenerArn)
          .filter(({ action }) => action.kind === 'fixed-response')
          .map(({ priority }) => `at ${priority}`)
          .join(', '),
        'the simulated listener',
      ),
      check('the stack', 'UPDATE_COMPLETE', stack?.status ?? 'gone', 'the simulated stack'),
      check('the public record', value, record?.value ?? 'none', 'the simulated zone'),
    ]);
  },
};
