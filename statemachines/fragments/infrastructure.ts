import { Wait, WaitTime, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { InfrastructureDescription } from '../../contract/description';
import { expression, variable, type Expression } from '../../contract/expressions';
import type { SeenSettings } from '../../contract/target-group';
import { infrastructureTasks } from '../../contract/tasks';
import { modification, moments } from './change';
import { carryOut, intend } from './intention';
import { assign, type Assignment, type Steps } from './steps';
import * as is from './values';

type CloudFormation = Extract<InfrastructureDescription, { by: 'cloudformation' }>;
type Terraform = Extract<InfrastructureDescription, { by: 'terraform' }>;
type Provision = 'none' | 'create' | 'update' | 'build';

const detectionId = variable<string | null>('driftDetection');
/** What is missing, in words; empty where everything is there. */
export const missing = variable<string[]>('missing');
export const provision = variable<Provision>('provision');
const targetGroup = variable<{ name: string; exists: boolean }>('targetGroup');
/** Hosts of the Auto Scaling group in service: those that were there, and after `provisionInfrastructure` all. */
export const capacity = variable<string[]>('capacity');
const unregistered = variable<string[]>('unregistered');
const attached = variable<boolean>('attached');
const forwards = variable<boolean>('forwards');
const recorded = variable<boolean>('recorded');
/** What was set of a target group that is gone; null where nobody has seen it. */
const seen = variable<SeenSettings | null>('seen');

const { publicRecord } = is.description;

/** Of the description, once `provision` says by which it is provisioned. */
const stack = <K extends keyof CloudFormation>(key: K): Expression<NoInfer<CloudFormation[K]>> =>
  expression<CloudFormation[K]>(`$description.infrastructure.${key}`);
const build = <K extends keyof Terraform>(key: K): Expression<NoInfer<Terraform[K]>> =>
  expression<Terraform[K]>(`$description.infrastructure.${key}`);
const described = expression<InfrastructureDescription | null>(
  '$exists($description.infrastructure) ? $description.infrastructure : null',
);
/** A list of one entry is no list in JSONata. */
const list = (of: Expression<string[]>): Expression<string[]> => expression<string[]>(`[${of.body}]`);

/** Keys of these changes in the journal. */
export const infrastructureKeys = {
  changeSet: 'change-set',
  stack: 'stack-update',
  build: 'infrastructure-build',
  targetGroup: 'target-group',
  registration: 'register-targets',
  rule: 'listener-rule',
  record: 'public-record',
} as const;

/** What a run that provisions calls its change set. */
const changeSet = expression<string>(
  "$substring($replace('lifeboat-' & $run.environment & '-' & $run.id, /[^A-Za-z0-9-]/, '-'), 0, 128)",
);
const byStack = expression<boolean>("$provision in ['create', 'update']");

const changeSetIntended = intend('change-set', {
  step: 'Ask CloudFormation what it would do',
  key: infrastructureKeys.changeSet,
  target: {
    changeSet,
    type: expression<'CREATE' | 'UPDATE'>('$uppercase($provision)'),
    stack: stack('stack'),
    templateUrl: stack('templateUrl'),
    parameters: stack('parameters'),
    capabilities: expression<CloudFormation['capabilities']>('[$description.infrastructure.capabilities]'),
    serviceRoleArn: stack('serviceRoleArn'),
  },
  when: byStack,
});
const stackIntended = intend('stack-update', {
  step: 'Provision from the stored template',
  key: infrastructureKeys.stack,
  target: { stack: stack('stack'), changeSet },
  upon: infrastructureKeys.changeSet,
  when: byStack,
});
const buildIntended = intend('infrastructure-build', {
  step: 'Have Terraform apply what is stored',
  key: infrastructureKeys.build,
  target: { project: build('project'), variables: build('variables') },
  when: expression<boolean>("$provision = 'build'"),
});
const isGroupMissing = expression<boolean>('$not($targetGroup.exists)');
const groupIntended = intend('target-group', {
  step: 'Make the target group',
  key: infrastructureKeys.targetGroup,
  target: {
    name: targetGroup.name,
    // `listener/app/<name>/<id>/<listener's id>` is below `loadbalancer/app/<name>/<id>` (Service Authorization Reference).
    loadBalancerArn: expression<string>(
      "$replace($replace($description.loadBalancer.listenerArn, /\\/[^\\/]+$/, ''), ':listener/', ':loadbalancer/')",
    ),
    port: is.description.loadBalancer.targetPort,
    healthCheckPath: is.description.loadBalancer.healthCheckPath,
    seen,
  },
  when: isGroupMissing,
});
const isToBeRegistered = expression<boolean>(
  '$not($targetGroup.exists) or $not($attached) or $count($unregistered) > 0',
);
const registrationIntended = intend('target-registration', {
  step: 'Register the hosts',
  key: infrastructureKeys.registration,
  target: { targetGroup: targetGroup.name, group: is.description.autoScalingGroup, instances: list(capacity) },
  upon: expression<string | null>(`$targetGroup.exists ? null : '${infrastructureKeys.targetGroup}'`),
  // Hosts that are provisioned are targets of nothing before.
  when: expression<boolean>(`$provision != 'none' or ${isToBeRegistered.body}`),
});
const isRuleMissing = expression<boolean>('$not($forwards)');
const ruleIntended = intend('listener-rule', {
  step: 'Forward to the target group',
  key: infrastructureKeys.rule,
  target: {
    listenerArn: is.description.loadBalancer.listenerArn,
    targetGroup: targetGroup.name,
    paths: expression<string[]>('[$description.loadBalancer.paths]'),
  },
  when: isRuleMissing,
});
const isRecordOther = expression<boolean>('$not($recorded)');
/** The public record, last of all, where it is not as described. */
export const pointingThePublicRecord = intend('dns-record', {
  step: 'Point the public record at the load balancer',
  key: infrastructureKeys.record,
  target: {
    hostedZoneId: publicRecord.hostedZoneId,
    name: publicRecord.name,
    value: publicRecord.value,
    ttlSeconds: publicRecord.ttlSeconds,
  },
  when: isRecordOther,
});

/** What `provisionInfrastructure` changes, for a plan's list. */
export const provisioning = [changeSetIntended, stackIntended, buildIntended] as const;
/** What `registerTargets` changes. */
export const registering = [groupIntended, registrationIntended, ruleIntended] as const;

/**
 * For a plan's resolving: what there still is of hosts, target group, targets, rule and public record, and what is missing of
 * it; whether quotas leave room for that and certificates are valid. Changes nothing.
 * Keeps `missing` and `provision` (`none` where no host is missing). Fails by InfrastructureUnfitError,
 * QuotaExceededError, CertificateExpiredError.
 */
export function detectInfrastructure(steps: Steps): IChainable {
  const { run, description } = is;
  return steps.sequence(
    steps.task(
      'Compare the stack with its template',
      infrastructureTasks['drift-detect'],
      { infrastructure: described },
      (begun) => [assign(detectionId, begun.detectionId)],
    ),
    steps.fromNow('Find what is missing'),
    steps.until(
      'Find what is missing',
      infrastructureTasks['infrastructure-inspect'],
      {
        run,
        detectionId,
        infrastructure: described,
        loadBalancer: description.loadBalancer,
        publicRecord: description.publicRecord,
        autoScalingGroup: description.autoScalingGroup,
      },
      // Detection takes up to several minutes, by the number of resources (CloudFormation guide, Detect drift).
      { firstSeconds: 5, longestSeconds: 60, rounds: 20 },
      (found) => found.done,
      (found): Assignment[] => [
        assign(provision, found.provision),
        assign(targetGroup, expression<{ name: string; exists: boolean }>(found.targetGroup.body)),
        assign(capacity, expression<string[]>(`[${found.hosts.body}]`)),
        assign(unregistered, expression<string[]>(`[${found.unregistered.body}]`)),
        assign(attached, found.attached),
        assign(forwards, found.forwards),
        assign(recorded, found.recorded),
        assign(seen, found.seen),
        assign(missing, expression<string[]>(`[${found.missing.body}]`)),
      ],
    ),
  );
}

/**
 * Provisions what is missing of the hosts from what is stored: a change set that is judged before it is executed, or a build
 * that runs `terraform apply`; then waits until all hosts are in service. `detectInfrastructure` has come before.
 */
export function provisionInfrastructure(steps: Steps): IChainable {
  return steps.sequence(
    steps.either(
      'Are hosts to be provisioned?',
      expression<boolean>("$provision != 'none'"),
      steps.either(
        'By a build?',
        expression<boolean>("$provision = 'build'"),
        carryOut(steps, buildIntended, modification),
        steps.sequence(carryOut(steps, changeSetIntended, moments), carryOut(steps, stackIntended, modification)),
      ),
    ),
    steps.fromNow('Wait for the hosts'),
    steps.until(
      'Wait for the hosts',
      infrastructureTasks['capacity-await'],
      {
        autoScalingGroup: is.description.autoScalingGroup,
        hosts: expression<number>('$description.infrastructure.hosts'),
      },
      // An instance boots and installs its release: an hour at most.
      { firstSeconds: 10, longestSeconds: 120, rounds: 34 },
      (found) => found.done,
      (found) => [assign(capacity, expression<string[]>(`[${found.instances.body}]`))],
    ),
  );
}

/**
 * Finds or makes the target group, registers the hosts with it, and finds or makes the rule that forwards to it, at a
 * priority that is free. Whether the targets become healthy is the caller's to ask (`awaitHealth`), and DNS comes after.
 * `detectInfrastructure` has come before; it looks again, since a stack or a build that has group and rule itself has made them
 * meanwhile: the list of changes names what is made where it has not.
 */
export function registerTargets(steps: Steps): IChainable {
  const { loadBalancer, autoScalingGroup } = is.description;
  return steps.sequence(
    steps.task(
      'See what there is of the way to them',
      infrastructureTasks['way-inspect'],
      { loadBalancer, autoScalingGroup },
      (there) => [
        assign(targetGroup, expression<{ name: string; exists: boolean }>(there.targetGroup.body)),
        assign(capacity, expression<string[]>(`[${there.hosts.body}]`)),
        assign(unregistered, expression<string[]>(`[${there.unregistered.body}]`)),
        assign(attached, there.attached),
        assign(forwards, there.forwards),
      ],
    ),
    steps.either('Is the target group missing?', isGroupMissing, carryOut(steps, groupIntended, moments)),
    steps.either('Are hosts to be registered?', isToBeRegistered, carryOut(steps, registrationIntended, moments)),
    steps.either('Is the rule missing?', isRuleMissing, carryOut(steps, ruleIntended, moments)),
  );
}

/** DNS comes last: the public record leads to the load balancer once that serves; resolvers keep the old answer for its TTL. */
export function pointThePublicRecord(steps: Steps): IChainable {
  return steps.either(
    'Is the public record another?',
    isRecordOther,
    steps.sequence(
      carryOut(steps, pointingThePublicRecord, moments),
      Wait.jsonata(steps.scope, 'Wait for the public record', {
        time: WaitTime.seconds(publicRecord.ttlSeconds.toString()),
      }),
    ),
  );
}
