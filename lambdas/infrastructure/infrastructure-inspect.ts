import type { Description, InfrastructureDescription } from '../../contract/description';
import { CertificateExpiredError, InfrastructureUnfitError, QuotaExceededError } from '../../contract/errors';
import { settingsInWords, type SeenSettings } from '../../contract/target-group';
import { infrastructureTasks } from '../../contract/tasks/infrastructure';
import { findMembers, type Members } from '../gateways/capacity';
import { certificate } from '../gateways/certificates';
import { lookupCname, plainName } from '../gateways/dns';
import { accountQuota } from '../gateways/service-quotas';
import { canBeUpdated, comparison, findStack, isEmpty } from '../gateways/stacks';
import { seenSettings } from '../gateways/target-group-settings';
import { countTargetGroups, type PathRule } from '../gateways/targets';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { requireDescribed } from './described';
import { way } from './way';

type LoadBalancer = Description['loadBalancer'];
type Provision = 'none' | 'create' | 'update' | 'build';

interface Found {
  readonly provision: Provision;
  /** What is gone of the stack, in words. */
  readonly gone: readonly string[];
  /** What of it CloudFormation could not compare. */
  readonly uncompared: string;
}

/** How what is missing of the hosts is provisioned. Undefined while the stack is compared. @throws InfrastructureUnfitError */
async function provisioning(
  described: InfrastructureDescription,
  detectionId: string | null,
  members: Members | null,
): Promise<Found | undefined> {
  const few = members === null || members.desired < described.hosts;
  if (described.by === 'terraform') return { provision: few ? 'build' : 'none', gone: [], uncompared: '' };
  const stack = await findStack(described.stack);
  if (stack === null || isEmpty(stack))
    return { provision: 'create', gone: [`the stack ${described.stack}`], uncompared: '' };
  const compared =
    detectionId === null ? { deleted: [], uncompared: '' } : await comparison(described.stack, detectionId);
  if (compared === null) return undefined;
  const { deleted, uncompared } = compared;
  if (!few && deleted.length === 0) return { provision: 'none', gone: [], uncompared };
  if (!canBeUpdated(stack))
    throw new InfrastructureUnfitError(
      `The stack ${described.stack} is ${stack.status}${stack.reason === '' ? '' : ` (${stack.reason})`}: it cannot be updated. Nothing was changed.`,
    );
  return { provision: 'update', gone: deleted.map((id) => `${id} of the stack ${described.stack}`), uncompared };
}

/** @throws CertificateExpiredError where one is not valid now */
async function requireCertificates(arns: LoadBalancer['certificateArns']): Promise<void> {
  for (const arn of arns) {
    const { status, notAfter } = await certificate(arn);
    if (status !== 'ISSUED' || notAfter.getTime() <= Date.now())
      throw new CertificateExpiredError(
        `The load balancer's certificate ${arn} is ${status} and valid until ${notAfter.toISOString()}. Nothing was changed.`,
      );
  }
}

/** @throws QuotaExceededError where what is missing finds no room */
async function requireRoom(group: boolean, rules: readonly PathRule[] | null): Promise<void> {
  const checks = [
    ...(group
      ? [
          await accountQuota(
            'elasticloadbalancing',
            'Target Groups per Region',
            await countTargetGroups(),
            'one target group',
          ),
        ]
      : []),
    ...(rules === null
      ? []
      : [
          await accountQuota(
            'elasticloadbalancing',
            'Rules per Application Load Balancer',
            rules.length - 1,
            'one rule',
          ),
        ]),
  ].filter(({ status }) => status === 'failed');
  if (checks.length === 0) return;
  throw new QuotaExceededError(
    `${checks.map(({ name, expected, actual }) => `${name}: ${expected} is needed, ${actual}`).join('; ')}. Nothing was changed.`,
  );
}

const nothingYet = {
  done: false,
  provision: 'none' as const,
  targetGroup: { name: '', exists: false },
  hosts: [],
  unregistered: [],
  attached: false,
  forwards: false,
  recorded: false,
  seen: null,
  missing: [],
};

/** From where a group that is made again has its settings: what a person has to know before anything is made. */
async function recordSettings(
  runId: string,
  name: string,
  { healthCheckPath, targetPort }: LoadBalancer,
): Promise<SeenSettings | null> {
  const seen = await seenSettings(name);
  const described = `port ${targetPort} and the health check's path ${healthCheckPath} are those of the description; what is provisioned may make the group itself, with settings of its own`;
  await recordDecision(runId, {
    at: new Date().toISOString(),
    subject: `settings of the target group ${name}`,
    choice:
      seen === null
        ? "AWS's defaults: nobody has ever seen it with a healthy target, so what was set of it is not known"
        : `those of ${seen.seenAt}, when it last was seen with a healthy target`,
    reason:
      seen === null
        ? `check them, they may not be what the application needs; ${described}`
        : `${described}; then they were: ${settingsInWords(seen.settings)}`,
    alternatives: [],
  });
  return seen;
}

/**
 * What there is and what is missing, and whether it can be made good; records it as what the run decides from.
 * @throws InfrastructureUnfitError, QuotaExceededError, CertificateExpiredError
 */
export const handler = task(infrastructureTasks['infrastructure-inspect'], async (args) => {
  const { run, detectionId, infrastructure, loadBalancer, publicRecord, autoScalingGroup } = args;
  const described = requireDescribed(infrastructure);
  const members = await findMembers(autoScalingGroup);
  const found = await provisioning(described, detectionId, members);
  if (found === undefined) return nothingYet;
  await requireCertificates(loadBalancer.certificateArns);
  const { rules, ...there } = await way(loadBalancer, members);
  await requireRoom(!there.targetGroup.exists, there.forwards ? null : rules);
  const record = await lookupCname(publicRecord.hostedZoneId, publicRecord.name);
  // What else it may be (an alias, weights) cannot be put back by this plan.
  if (record === null)
    throw new InfrastructureUnfitError(
      `${publicRecord.name} is no plain CNAME in the zone ${publicRecord.hostedZoneId}: make it one first, of ${publicRecord.value}. Nothing was changed.`,
    );
  const recorded =
    plainName(record.value) === plainName(publicRecord.value) && record.ttlSeconds === publicRecord.ttlSeconds;
  const wanted = members?.desired ?? 0;
  const missing = [
    ...found.gone,
    // One that is ended next would not be replaced, also while all of them are still there.
    ...(wanted < described.hosts
      ? [`${described.hosts - wanted} of the ${described.hosts} hosts that ${autoScalingGroup} should want`]
      : []),
    ...(there.hosts.length < described.hosts
      ? [`${described.hosts - there.hosts.length} of ${described.hosts} hosts in service`]
      : []),
    ...(there.targetGroup.exists ? [] : [`the target group ${there.targetGroup.name}`]),
    ...(there.targetGroup.exists && there.unregistered.length > 0
      ? [`${there.unregistered.join(', ')} as targets of ${there.targetGroup.name}`]
      : []),
    ...(there.targetGroup.exists && !there.attached
      ? [`${there.targetGroup.name} among the target groups of ${autoScalingGroup}`]
      : []),
    ...(there.forwards ? [] : [`a rule that forwards ${loadBalancer.paths.join(', ')}`]),
    ...(recorded ? [] : [`the record ${publicRecord.name} as ${publicRecord.value}`]),
  ];
  await recordDecision(run.id, {
    at: new Date().toISOString(),
    subject: 'what is missing of the infrastructure',
    choice: missing.join('; ') || 'nothing',
    reason: `${there.hosts.length} of ${described.hosts} hosts are in service; what is there is left as it is${
      found.uncompared === '' ? '' : `; CloudFormation could not compare everything: ${found.uncompared.slice(0, 1000)}`
    }`,
    alternatives: [],
  });
  const seen = there.targetGroup.exists ? null : await recordSettings(run.id, there.targetGroup.name, loadBalancer);
  return { done: true, provision: found.provision, ...there, recorded, seen, missing };
});
