import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe as described } from '../../config/describe';
import { interviewDrills } from '../../config/interview-drills';
import { environmentNames } from '../../config/schema';
import { planMachineNames } from '../../contract/plans';
import { type Deployment } from '../../sandbox/deployment';
import { templateData } from '../../sandbox/drill/instances';
import { type Role } from '../../sandbox/identity';
import { launchPermissions } from '../../sandbox/services/auto-scaling/permissions';
import { type Permission } from '../../sandbox/services/service';
import { stackReads } from '../../lib/tasks/stack-reads';
import { definitions } from '../statemachines/committed';
import { deployed, rolesById, synthesized } from './deployed';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-permissions-'));
const stacks = new Map<string, Deployment>();
beforeAll(async () => {
  const assembly = synthesized(folder);
  for (const name of environmentNames) stacks.set(name, await deployed(assembly, name));
}, 300_000);
afterAll(async () => {
  for (const stack of stacks.values()) await stack.close();
  rmSync(folder, { recursive: true, force: true });
});

function stackOf(name: string): Deployment {
  const found = stacks.get(name);
  if (found === undefined) throw new Error(`no stack of ${name}`);
  return found;
}

/** A condition that cannot be judged here counts as one that may hold. */
function mayReach(stack: Deployment, role: Role, permission: Permission): boolean {
  const { verdict, unknownKeys } = stack.parts.gate.decide(role, permission);
  return verdict === 'allowed' || (verdict === 'denied' && unknownKeys.length > 0);
}

function grantedActions(role: Role): string[] {
  const actions = role.policies.flatMap(({ statements }) => statements.flatMap(({ actions = [] }) => actions));
  return [...new Set(actions)];
}

test.each(environmentNames)('%s: what AWS would accept and then not grant is not in a policy', (name) => {
  expect(stackOf(name).findings).toEqual([]);
});

test.each(environmentNames)('%s: no role names its actions by a wildcard', (name) => {
  const wild = [...rolesById(stackOf(name))].flatMap(([id, role]) =>
    grantedActions(role)
      .filter((action) => action.includes('*'))
      .map((action) => `${id}: ${action}`),
  );
  expect(wild).toEqual([]);
});

describe.each(environmentNames)('%s: who may start what', (name) => {
  test('the front door starts plans and settling, the rules and the sweep what they are for, and nobody anything else', () => {
    const stack = stackOf(name);
    const { account, region } = stack.place;
    const arn = (environment: string, machine: string) =>
      `arn:aws:states:${region}:${account}:stateMachine:lifeboat-${environment}-${machine}`;
    const other = environmentNames.filter((environment) => environment !== name);
    const machines = [...definitions.keys(), 'made-tomorrow'];
    const may: Record<string, string[]> = {};
    for (const [id, role] of rolesById(stack)) {
      const reached = [name, ...other].flatMap((environment) =>
        machines
          .filter((machine) =>
            ['states:StartExecution', 'states:StartSyncExecution'].some((action) =>
              mayReach(stack, role, { action, resource: arn(environment, machine) }),
            ),
          )
          .map((machine) => (environment === name ? machine : `${environment}: ${machine}`)),
      );
      if (reached.length > 0) may[id] = reached.sort();
    }
    expect(may).toEqual({
      RecoveryMachineRole: [...planMachineNames, 'settlement', 'validation'].sort(),
      IntegrityProbeMachineEventsRole: ['integrity-probe'],
      ReleaseProbeMachineEventsRole: ['release-probe'],
      SettlementMachineEventsRole: ['settlement'],
      // Alarms that had to wait for the end of another run.
      RunSweepRole: ['recovery', 'settlement'],
      IncidentOpenRole: ['recovery'],
      // The CDK's name for the role of the scheduler's target.
      [[...rolesById(stack).keys()].find((id) => id.startsWith('SchedulerRoleForTarget')) ?? 'no role']: ['recovery'],
    });
  });
});

/**
 * What drill's roles may do to production's resources all the same, where both share an account, and why. A separate
 * account, the preferred home of drills, closes every one of these.
 */
const exceptions: Record<string, { readonly on: readonly string[]; readonly because: string }> = {
  'rds:RestoreDBInstanceToPointInTime': {
    on: ['automated backup', 'option group', 'parameter group', 'subnet group'],
    because: "a drill restores from production's backups (architecture); it reads, and writes an instance of its own",
  },
  'rds:RestoreDBInstanceFromDBSnapshot': {
    on: ['option group', 'parameter group', 'snapshot', 'subnet group'],
    because: 'the same',
  },
  'rds:CreateDBInstanceReadReplica': {
    on: ['option group', 'parameter group', 'subnet group'],
    because: 'groups are named by a replica of an own instance; they are not changed by it',
  },
  'rds:ModifyDBInstance': {
    on: ['option group', 'parameter group'],
    because: 'groups are named by a modification of an own instance; they are not changed by it',
  },
  'ec2:CreateTags': {
    on: ['host'],
    because:
      'what is being launched, by the condition (ec2:CreateAction), and only from its own template; no host that runs',
  },
};
/** Actions that know no resource, or are granted on none in particular: they reach everything of their service. */
const everywhere: Record<string, string> = {
  ...Object.fromEntries(
    stackReads.map((action) => [
      action,
      'settings of what a stack has, which CloudFormation alone can name; only reads',
    ]),
  ),
  'cloudformation:BatchDescribeTypeConfigurations': 'knows no resource; only reads',
  'rds:DescribeDBInstanceAutomatedBackups': 'lists; only reads',
  'rds:DescribeDBSnapshots': 'lists; only reads',
  'states:SendTaskSuccess':
    'knows no resource that a caller could be bound to; the token, which only its own run has, does',
  'rds:DescribeAccountAttributes': 'tells the quotas of the account; only reads',
  'autoscaling:DescribeAutoScalingGroups': 'knows no resource; only reads',
  'autoscaling:DescribeInstanceRefreshes': 'knows no resource; only reads',
  'ec2:DescribeLaunchTemplateVersions': 'knows no resource; only reads',
  'ec2:DescribeSnapshots': 'knows no resource; only reads',
  'ec2:DescribeVolumes': 'knows no resource; only reads',
  'ec2:RunInstances': "of this environment's launch template alone, by the condition",
  'elasticloadbalancing:DescribeTargetHealth': 'knows no resource; only reads',
  'elasticloadbalancing:DescribeRules': 'knows no resource; only reads',
  'elasticloadbalancing:DescribeTargetGroups': 'knows no resource; only reads',
  'elasticloadbalancing:DescribeTargetGroupAttributes': 'knows no resource; only reads',
  'elasticloadbalancing:DescribeLoadBalancers': 'knows no resource; only reads',
  'servicequotas:ListServiceQuotas': 'tells the quotas of the account; only reads',
  'cloudformation:DescribeStackDriftDetectionStatus': 'knows no resource; only reads, by an id that is random',
  'elasticloadbalancing:DescribeTags': 'found by ARN; only reads',
  'cloudwatch:DescribeAlarms': 'by name over all alarms; only reads',
  'cloudwatch:PutMetricData':
    "knows no resource; bound to our namespace, where the dimension `environment` is the function's",
  ...Object.fromEntries(
    [
      'CreateLogDelivery',
      'DeleteLogDelivery',
      'DescribeLogGroups',
      'DescribeResourcePolicies',
      'GetLogDelivery',
      'ListLogDeliveries',
      'PutResourcePolicy',
      'UpdateLogDelivery',
    ].map((action) => [`logs:${action}`, 'what Step Functions needs for its log; knows no resource (its guide)']),
  ),
  'ssm:DescribeInstanceInformation': 'knows no resource; only reads',
  'ssm:ListCommands': 'knows no resource; only reads',
  'ssm:ListCommandInvocations': 'knows no resource; only reads',
  'ssm:GetCommandInvocation':
    'knows no resource; only reads, by an id that is random and in the journal of its own run',
  'ssm:CancelCommand':
    'knows neither resource nor condition key; the function cancels what the journal of its own run names',
  'xray:PutTraceSegments': 'knows no resource',
  'xray:PutTelemetryRecords': 'knows no resource',
  'xray:GetSamplingRules': 'knows no resource; only reads',
  'xray:GetSamplingTargets': 'knows no resource; only reads',
};

describe('the drill environment', () => {
  const production = described(interviewDrills, 'production');
  const { database, hosts, loadBalancer } = production;
  const arn = (service: string, rest: string) =>
    `arn:aws:${service}:${production.region}:${production.account}:${rest}`;
  const tags = (family: string, values: Record<string, string> = {}) => ({
    [`${family}/`]: [],
    ...Object.fromEntries(Object.entries(values).map(([key, value]) => [`${family}/${key}`, value])),
  });
  const owned = { ...tags('aws:ResourceTag', { 'lifeboat:environment': 'production' }), ...tags('aws:RequestTag') };

  function resources(): Record<string, Omit<Permission, 'action'>> {
    const stack = stackOf('production');
    const made: Record<string, Omit<Permission, 'action'>> = {};
    for (const [id, { type, ref, attributes }] of stack.stack.resources) {
      const own = attributes['Arn'] ?? attributes['TopicArn'] ?? (ref.startsWith('arn:') ? ref : undefined);
      if (typeof own === 'string' && type !== 'AWS::IAM::Role')
        made[`stack: ${id}`] = { resource: own, context: owned };
    }
    const execution = (machine: string) => arn('states', `execution:lifeboat-production-${machine}:some-run`);
    return {
      ...made,
      instance: { resource: arn('rds', `db:${database.instanceIdentifier}`), context: owned },
      'restored instance': { resource: arn('rds', 'db:lifeboat-production-some-run'), context: owned },
      snapshot: { resource: arn('rds', `snapshot:rds:${database.instanceIdentifier}-2026-11-01`), context: owned },
      'automated backup': { resource: arn('rds', 'auto-backup:ab-production'), context: owned },
      'parameter group': { resource: arn('rds', 'pg:production') },
      'option group': { resource: arn('rds', 'og:production') },
      'subnet group': { resource: arn('rds', 'subgrp:production') },
      'master secret': { resource: database.masterSecretArn },
      'login secret': { resource: database.logins[0]?.secretArn ?? '' },
      'hosted zone': { resource: `arn:aws:route53:::hostedzone/${database.hostedZoneId}` },
      listener: { resource: loadBalancer.listenerArn, context: owned },
      'listener rule': {
        resource: `${loadBalancer.listenerArn.replace(':listener/', ':listener-rule/')}/0123456789abcdef`,
        context: { ...owned, 'elasticloadbalancing:CreateAction': 'CreateRule' },
      },
      'target group': { resource: loadBalancer.targetGroupArn },
      'scaling group': {
        resource: arn('autoscaling', `autoScalingGroup:0a:autoScalingGroupName/${production.autoScalingGroup}`),
      },
      host: {
        resource: arn('ec2', 'instance/i-0123456789abcdef0'),
        context: {
          ...tags('ssm:resourceTag', { [hosts.tag.key]: hosts.tag.value }),
          ...tags('aws:ResourceTag', { [hosts.tag.key]: hosts.tag.value }),
        },
      },
      document: { resource: arn('ssm', 'document/lifeboat-production-stop-services') },
      parameter: { resource: arn('ssm', 'parameter/lifeboat/production/description') },
      alarm: { resource: arn('cloudwatch', `alarm:${production.databaseAlarms[0] ?? ''}`) },
      'run of the front door': { resource: execution('recovery') },
      'run of a plan': { resource: execution('database-recovery') },
      'settling of a run': { resource: execution('settlement') },
    };
  }

  test("has no permission on production's resources, beside what is listed here with its reason", () => {
    const drill = stackOf('drill');
    const targets = Object.entries(resources());
    expect(targets.length).toBeGreaterThan(60);
    const reached = new Map<string, Set<string>>();
    for (const [, role] of rolesById(drill)) {
      for (const action of grantedActions(role)) {
        for (const [label, target] of targets) {
          if (!mayReach(drill, role, { action, ...target })) continue;
          reached.set(action, (reached.get(action) ?? new Set()).add(label));
        }
      }
    }
    const all = targets.length;
    const some = [...reached].filter(([, labels]) => labels.size < all);
    const any = [...reached].filter(([, labels]) => labels.size === all);
    expect(Object.fromEntries(some.map(([action, labels]) => [action, [...labels].sort()]))).toEqual(
      Object.fromEntries(Object.entries(exceptions).map(([action, { on }]) => [action, on])),
    );
    expect(any.map(([action]) => action).sort()).toEqual(Object.keys(everywhere).sort());
  });
});

/** The documents that a definition hands to `document-send`, wherever in it. */
function documentsSent(definition: unknown): string[] {
  const sent: string[] = [];
  JSON.stringify(definition, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'FunctionName' in value && 'Payload' in value) {
      const { FunctionName, Payload } = value;
      if (String(FunctionName).endsWith(':document-send') && typeof Payload === 'object' && Payload !== null) {
        if ('document' in Payload && typeof Payload.document === 'string') sent.push(Payload.document);
      }
    }
    return value;
  });
  return sent;
}

describe('one task, one narrow policy', () => {
  test('document-send may send the documents that machines send through it, and no other', () => {
    const role = rolesById(stackOf('drill')).get('DocumentSendRole');
    const granted = role?.policies.flatMap(({ statements }) => statements.flatMap(({ resources = [] }) => resources));
    const documents = (granted ?? []).flatMap((resource) => /document\/lifeboat-drill-(.+)$/.exec(resource)?.[1] ?? []);
    const sent = new Set([...definitions.values()].flatMap(documentsSent));
    // Settling past the point of no return starts services through it (statemachines/settlement.ts).
    sent.add('start-services');
    expect(documents.sort()).toEqual([...sent].sort());
  });

  test.each(environmentNames)('%s: only taking, releasing and sweeping may write the lease', (name) => {
    const stack = stackOf(name);
    const resource = `arn:aws:dynamodb:${stack.place.region}:${stack.place.account}:table/lifeboat-${name}-runs`;
    const writers = (key: string): string[] =>
      [...rolesById(stack)]
        .filter(([, role]) =>
          ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems'].some((action) =>
            mayReach(stack, role, {
              action: `dynamodb:${action}`,
              resource,
              context: { 'dynamodb:LeadingKeys': [key] },
            }),
          ),
        )
        .map(([id]) => id)
        .sort();
    expect(writers(`LEASE#${name}`)).toEqual(['LeaseReleaseRole', 'LeaseTakeRole', 'RunSweepRole']);
    expect(writers(`OPEN#${name}`)).toEqual(['LeaseReleaseRole', 'RunOpenRole', 'RunSweepRole', 'SettleClaimRole']);
    expect(writers(`PROBE#${name}`)).toEqual(['DocumentSendRole']);
    // Somebody may write it: the test above is not met by a policy that grants nothing.
    expect(writers('RUN#some-run').length).toBeGreaterThan(15);
    expect(writers('SOMETHING#else')).toEqual([]);
  });

  test.each(['ChangeGroupLaunchTemplateRole', 'ChangeInstanceRefreshRole', 'ChangeRefreshCancellationRole'])(
    '%s may launch from its own template all that a launch uses, makes and tags, and from no other',
    (name) => {
      const stack = stackOf('drill');
      const role = rolesById(stack).get(name);
      if (role === undefined) throw new Error('no such role');
      const description = described(interviewDrills, 'drill');
      const refused = (id: string) =>
        launchPermissions(
          stack.place,
          `arn:aws:ec2:${stack.place.region}:${stack.place.account}:launch-template/${id}`,
          templateData(description, 'v1.3.0'),
        )
          .filter((permission) => stack.parts.gate.decide(role, permission).verdict !== 'allowed')
          .map(({ action, resource }) => `${action} ${resource.replace(/^.*:/, '')}`);
      expect(refused(description.launchTemplate.id)).toEqual([]);
      // Tagging and passing the role are of no use to whoever may not run.
      expect(refused('lt-0fedcba9876543210')).toHaveLength(7);
    },
  );

  test('waiting for a moment to be restorable only reads the table of runs', () => {
    const role = rolesById(stackOf('drill')).get('RestorableAwaitRole');
    if (role === undefined) throw new Error('no such role');
    expect(grantedActions(role).filter((action) => action.startsWith('dynamodb:'))).toEqual(['dynamodb:Query']);
  });
});
