import { type Check } from '../../contract/run';
import { defaultHealthCheck, TargetGroup } from '../network';
import { type Scenario, sandboxOf } from './scenario';

/** Where nobody listens on a host. */
const DEAF_PORT = 9;

/** Somebody shifted all traffic to a new target group, and the public record to its load balancer; nothing answers there. */
export const brokenTargetGroup: Scenario = {
  name: 'broken-target-group',
  title: 'All traffic was shifted to a new target group whose targets do not answer, and the public record was moved',
  plan: 'load-balancer-rollback',
  inject: (world) => {
    const { clock, description, elb, hosts, route53, targets } = sandboxOf(world);
    const { listenerArn, targetGroupArn } = description.loadBalancer;
    const { hostedZoneId, name, ttlSeconds } = description.publicRecord;
    const next = new TargetGroup('next', clock, { ...defaultHealthCheck, path: '/api/health' });
    for (const host of hosts) next.register(host.id, host.address, DEAF_PORT);
    elb.addTargetGroup(targetGroupArn.replace(/\/([^/]+)\/([^/]+)$/, '/$1-next/0123456789abcdef'), next);
    // Whoever made the new group also gave the old one a path that the application answers with a redirect to nowhere.
    targets.setHealthCheck({ ...targets.healthCheck, path: '/api/metrics' });
    const at = new Date();
    elb.forwardByDefault(listenerArn, next);
    route53.addRecord(hostedZoneId, name, `next.${name}`, ttlSeconds);
    return Promise.resolve({
      at,
      what: 'the listener forwards to targets that do not answer, and the public record is another',
    });
  },
  look: (world) => {
    const { description, elb, route53, targets } = sandboxOf(world);
    const { listenerArn, healthCheckPath } = description.loadBalancer;
    const { hostedZoneId, name, value } = description.publicRecord;
    const check = (what: string, expected: string, actual: string, evidence: string): Check => ({
      name: what,
      status: expected === actual ? 'passed' : 'failed',
      expected,
      actual,
      evidence,
    });
    const action = elb.defaultActionOf(listenerArn);
    const weights =
      action.kind === 'forward'
        ? action.groups.map(({ group, weight }) => `${group === targets ? 'old' : 'new'} ${weight}`)
        : [];
    const record = route53.records(hostedZoneId).find((each) => each.name === name);
    return Promise.resolve([
      check('what the listener forwards to', 'new 0, old 100', weights.sort().join(', '), 'the simulated listener'),
      check('both groups have their targets', 'true', String(targets.targets().length > 0), 'the simulated group'),
      check("the old group's health check", healthCheckPath, targets.healthCheck.path, 'the simulated group'),
      check('the public record', value, record?.value ?? 'none', 'the simulated zone'),
    ]);
  },
};
