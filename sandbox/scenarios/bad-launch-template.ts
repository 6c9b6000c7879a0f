import { type Check } from '../../contract/run';
import { type World as Sandbox } from '../drill/world';
import { templateData } from '../drill/instances';
import { type Scenario, sandboxOf } from './scenario';

/** A release that says it is healthy and fails for part of its users. */
const BAD = 'v1.3.0-test';
const GOOD = 'v1.3.0';

/** Lets the clock run until every instance of the group serves from that version. */
async function refreshed(sandbox: Sandbox, version: string): Promise<void> {
  const { autoScaling, clock, description } = sandbox;
  const done = () => autoScaling.refreshEnded(description.autoScalingGroup) === 'Successful';
  for (let seconds = 0; !done(); seconds += 2) {
    if (seconds > 7200) throw new TypeError(`no refresh to version ${version} within two hours of the sandbox's clock`);
    await new Promise<void>((resolve) => {
      clock.after(2000, resolve);
    });
  }
}

/** What the application says of its version on a host, over HTTP. */
async function servedBy(address: string, port: number): Promise<string> {
  try {
    const answer = await fetch(`http://${address}:${port}/api/health`, { signal: AbortSignal.timeout(5000) });
    return `v${/"version":"([^"]+)"/.exec(await answer.text())?.[1] ?? '?'}`;
  } catch {
    return 'nothing';
  }
}

/** Somebody made a version of the launch template with a bad release and refreshed the group with it. */
export const badLaunchTemplate: Scenario = {
  name: 'bad-launch-template',
  title: 'A launch template version with a bad release is in force, and every instance was replaced by one of it',
  plan: 'auto-scaling-rollback',
  inject: async (world) => {
    const sandbox = sandboxOf(world);
    const { description, ec2, autoScaling } = sandbox;
    const { id } = description.launchTemplate;
    const version = String(ec2.launchTemplates.addVersion(id, templateData(description, BAD), 'a new release'));
    const at = new Date();
    autoScaling.refresh(description.autoScalingGroup, version);
    await refreshed(sandbox, version);
    return {
      at,
      what: `version ${version} of the launch template boots ${BAD}, and all instances were launched from it`,
    };
  },
  look: async (world) => {
    const sandbox = sandboxOf(world);
    const { description, ec2, autoScaling, hosts, targets } = sandbox;
    const { id } = description.launchTemplate;
    const from = autoScaling.launchedFrom(description.autoScalingGroup);
    const versions = ec2.launchTemplates.versionsOf(id).map(({ number }) => String(number));
    const serving = await Promise.all(
      hosts.map(async (host) => {
        const { address, port } = host.endpoint(80);
        return await servedBy(address, port);
      }),
    );
    const check = (name: string, expected: string, actual: string, evidence: string): Check => ({
      name,
      status: expected === actual ? 'passed' : 'failed',
      expected,
      actual,
      evidence,
    });
    return [
      check('what the group launches', '3', from.group ?? 'nothing', 'the simulated group'),
      check(
        'what its instances were launched from',
        '3, 3',
        [...from.instances.values()].join(', '),
        'the simulated group',
      ),
      check('what hosts serve', `${GOOD}, ${GOOD}`, serving.join(', '), 'GET /api/health of each host'),
      check('versions that are kept', '1, 2, 3', versions.join(', '), 'the simulated launch template'),
      check(
        'targets that are there',
        'healthy, healthy',
        targets
          .targets()
          .map(({ state }) => state)
          .filter((state) => state !== 'draining')
          .join(', '),
        'the load balancer',
      ),
    ];
  },
};
