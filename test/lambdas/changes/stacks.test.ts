import * as cloudFormation from '@aws-sdk/client-cloudformation';
import { mockClient } from 'aws-sdk-client-mock';
import { VirtualClock } from '../../../asl';
import type { RunRef } from '../../../contract/run';
import { handler as changeSet, refusal } from '../../../lambdas/changes/change-set';
import { handler as stackUpdate } from '../../../lambdas/changes/stack-update';
import { releaseLease } from '../../../lambdas/run/lease';
import { RememberedKind } from '../../../sandbox/services/cloudformation/resources';
import { CloudFormation } from '../../../sandbox/services/cloudformation/service';
import { readTemplate } from '../../../sandbox/services/cloudformation/template';
import { containing, matching } from '../matchers';
import { answeredBy } from './simulated';
import { newRun, withTables, verbs } from './world';

const place = { partition: 'aws', account: '123456789012', region: 'us-east-1' };
const STACK = 'shop-hosts';
const URL = 'https://shop-infrastructure.s3.us-east-1.amazonaws.com/hosts.json';
const GROUP = 'AWS::AutoScaling::AutoScalingGroup';
const TARGETS = 'AWS::ElasticLoadBalancingV2::TargetGroup';
const body = JSON.stringify({
  Parameters: { Environment: { Type: 'String' } },
  Resources: {
    Uploads: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'uploads' } },
    Hosts: {
      Type: GROUP,
      Properties: { AutoScalingGroupName: 'web', DesiredCapacity: '2', Tag: { Ref: 'Environment' } },
    },
  },
});
const target = {
  changeSet: 'lifeboat-drill-run',
  type: 'UPDATE' as const,
  stack: STACK,
  templateUrl: URL,
  parameters: { Environment: 'drill' },
  capabilities: [],
  serviceRoleArn: 'arn:aws:iam::123456789012:role/shop-infrastructure',
};

let run: RunRef;
let clock: VirtualClock;
let service: CloudFormation;
let groups: RememberedKind;
let buckets: RememberedKind;
const client = mockClient(cloudFormation.CloudFormationClient);
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  clock = new VirtualClock({ byHand: true });
  groups = new RememberedKind(['AutoScalingGroupName'], 'AutoScalingGroupName');
  buckets = new RememberedKind(['BucketName'], 'BucketName');
  service = new CloudFormation(
    place,
    clock,
    new Map([
      [GROUP, groups],
      ['AWS::S3::Bucket', buckets],
    ]),
  );
  service.templates.set(URL, body);
  answering(service);
});
function answering(stacks: CloudFormation): void {
  client.reset();
  const { CreateChangeSetCommand, DescribeChangeSetCommand, DeleteChangeSetCommand } = cloudFormation;
  const { ExecuteChangeSetCommand, DescribeStacksCommand, DescribeStackEventsCommand, DeleteStackCommand } =
    cloudFormation;
  const { CancelUpdateStackCommand } = cloudFormation;
  answeredBy(client, stacks, {
    CreateChangeSetCommand,
    DescribeChangeSetCommand,
    DeleteChangeSetCommand,
    ExecuteChangeSetCommand,
    DescribeStacksCommand,
    DescribeStackEventsCommand,
    DeleteStackCommand,
    CancelUpdateStackCommand,
  });
}
afterEach(() => {
  clock.close();
});

/** The stack is there, as its template says. */
function adopted(): void {
  const template = readTemplate(body, { Environment: 'drill' });
  const made = [...template.resources].map(
    ([id, { type, properties }]) => [id, (type === GROUP ? groups : buckets).create(properties)] as const,
  );
  service.stacks.adopt(STACK, template, new Map(made));
}
/** The stack has the hosts' target group, which somebody has deleted. */
function withTargets() {
  const targetGroups = new RememberedKind([]);
  const kinds = new Map([
    [GROUP, groups],
    [TARGETS, targetGroups],
  ]);
  const stacks = new CloudFormation(place, clock, kinds);
  answering(stacks);
  const template = readTemplate(
    JSON.stringify({
      Resources: {
        Targets: { Type: TARGETS, Properties: { Port: 80 } },
        Hosts: { Type: GROUP, Properties: { AutoScalingGroupName: 'web', TargetGroupARNs: [{ Ref: 'Targets' }] } },
      },
    }),
    {},
  );
  groups.create({ AutoScalingGroupName: 'web', TargetGroupARNs: ['gone'] });
  stacks.stacks.adopt(
    STACK,
    template,
    new Map([
      ['Targets', 'gone'],
      ['Hosts', 'web'],
    ]),
  );
  const takeOver = () => {
    targetGroups.remove(String(groups.read('web')?.['TargetGroupARNs']));
    groups.update('web', { TargetGroupARNs: ["somebody's"] });
  };
  return { targetGroups, takeOver };
}
const sets = () => verbs<'change-set'>(changeSet, run, 'change-set');
const update = () => verbs<'stack-update'>(stackUpdate, run, 'stack');
const planned = async (type: 'CREATE' | 'UPDATE') => {
  await sets().apply({ ...target, type });
  expect(await sets().confirm()).toEqual({ done: false, progress: 'CREATE_PENDING' });
  await clock.advance(3000);
  expect(await sets().confirm()).toEqual({ done: false, progress: 'CREATE_IN_PROGRESS' });
  await clock.advance(10_000);
};

test('what was deleted behind its back is made again; what is there keeps its parameters', async () => {
  adopted();
  groups.remove('web');
  await planned('UPDATE');
  expect(await sets().confirm()).toMatchObject({ done: true, detail: { changes: [`Add Hosts (${GROUP})`] } });
  await update().apply({ stack: STACK, changeSet: target.changeSet });
  expect(await update().confirm()).toEqual({ done: false, progress: 'UPDATE_IN_PROGRESS' });
  await clock.advance(60_000);
  expect(await update().confirm()).toEqual({ done: true, detail: {} });
  expect(groups.read('web')).toMatchObject({ DesiredCapacity: '2', Tag: 'drill' });
  // Executed, it is history: taking it back leaves it, and the hosts.
  await sets().undo();
  expect(await sets().confirmUndo()).toEqual({ done: true });
  expect(service.stacks.get(STACK).status).toBe('UPDATE_COMPLETE');
});

test('hosts become targets of the target group that is made again, and of no other without somebody having said so', async () => {
  const { targetGroups, takeOver } = withTargets();
  await planned('UPDATE');
  expect(await sets().confirm()).toMatchObject({
    done: true,
    detail: { changes: [`Add Targets (${TARGETS})`, `Modify Hosts (${GROUP}, web)`] },
  });
  await update().apply({ stack: STACK, changeSet: target.changeSet });
  await clock.advance(60_000);
  expect(await update().confirm()).toMatchObject({ done: true });
  const made = groups.read('web')?.['TargetGroupARNs'];
  expect(made).not.toEqual(['gone']);
  expect(Array.isArray(made) && targetGroups.read(String(made[0]))).toMatchObject({ Port: 80 });

  takeOver();
  run = await newRun(releaseLease);
  await sets().apply({ ...target, changeSet: 'lifeboat-drill-run-2' });
  await clock.advance(10_000);
  await expect(sets().confirm()).rejects.toMatchObject({
    name: 'ChangeSetRefusedError',
    message: matching(/would change TargetGroupARNs of Hosts/),
  });
});

test('a repeated call finds the change set, and the execution, that the first one began', async () => {
  adopted();
  groups.update('web', { DesiredCapacity: '1' });
  await planned('UPDATE');
  await sets().confirm();
  await sets().apply({ ...target });
  await update().apply({ stack: STACK, changeSet: target.changeSet });
  await update().apply({ stack: STACK, changeSet: target.changeSet });
  await clock.advance(60_000);
  expect(await update().confirm()).toMatchObject({ done: true });
  expect(service.stacks.get(STACK).changeSets.size).toBe(1);
});

test('an update that still goes on is cancelled, and the stack has come to rest before anybody else may change it', async () => {
  adopted();
  groups.update('web', { DesiredCapacity: '1' });
  await planned('UPDATE');
  await sets().confirm();
  await update().apply({ stack: STACK, changeSet: target.changeSet });
  await update().undo();
  expect(await update().confirmUndo()).toEqual({ done: false, progress: `${STACK} is UPDATE_IN_PROGRESS` });
  await clock.advance(6000);
  expect(await update().confirmUndo()).toEqual({ done: false, progress: `${STACK} is UPDATE_ROLLBACK_IN_PROGRESS` });
  await clock.advance(60_000);
  expect(await update().confirmUndo()).toEqual({ done: true });
  expect(service.stacks.get(STACK).status).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect(groups.read('web')).toMatchObject({ DesiredCapacity: '1' });
});

test('what is complete is not cancelled, nor is what somebody else has begun', async () => {
  adopted();
  groups.update('web', { DesiredCapacity: '1' });
  await planned('UPDATE');
  await sets().confirm();
  await update().apply({ stack: STACK, changeSet: target.changeSet });
  await clock.advance(60_000);
  await update().undo();
  expect(await update().confirmUndo()).toEqual({ done: true });
  expect(groups.read('web')).toMatchObject({ DesiredCapacity: '2' });

  run = await newRun(releaseLease);
  groups.update('web', { DesiredCapacity: '1' });
  const second = { ...target, changeSet: 'lifeboat-drill-run-2' };
  await sets().apply(second);
  await clock.advance(10_000);
  await sets().confirm();
  service.stacks.get(STACK).status = 'UPDATE_IN_PROGRESS';
  await update().apply({ stack: STACK, changeSet: target.changeSet });
  await update().undo();
  expect(client.commandCalls(cloudFormation.CancelUpdateStackCommand)).toEqual([]);
});

test('a stack that a person has to lead on is not called settled', async () => {
  adopted();
  groups.update('web', { DesiredCapacity: '1' });
  await planned('UPDATE');
  await sets().confirm();
  await update().apply({ stack: STACK, changeSet: target.changeSet });
  await update().undo();
  await clock.advance(60_000);
  service.stacks.get(STACK).status = 'UPDATE_ROLLBACK_FAILED';
  await expect(update().confirmUndo()).rejects.toMatchObject({
    name: 'UndoFailedError',
    message: containing('UPDATE_ROLLBACK_FAILED'),
  });
});

test('a change set that would change what holds data is refused by name and deleted', async () => {
  adopted();
  buckets.update('uploads', { BucketName: 'others' });
  await planned('UPDATE');
  await expect(sets().confirm()).rejects.toMatchObject({
    name: 'ChangeSetRefusedError',
    message: matching(/would replace Uploads \(AWS::S3::Bucket, uploads\).*holds data.*not executed/),
  });
  await sets().undo();
  expect(await sets().confirmUndo()).toEqual({ done: true });
  expect(service.stacks.get(STACK).status).toBe('CREATE_COMPLETE');
  await expect(update().apply({ stack: STACK, changeSet: target.changeSet })).rejects.toMatchObject({
    name: 'ProvisioningFailedError',
  });
});

test('nothing to change is said in the words of CloudFormation', async () => {
  adopted();
  await planned('UPDATE');
  await expect(sets().confirm()).rejects.toThrow("didn't contain changes");
});

test('of a stack that is gone one is made; before that it is empty and goes again', async () => {
  await planned('CREATE');
  expect(await sets().confirm()).toMatchObject({ done: true });
  expect(Object.fromEntries(service.stacks.get(STACK).tags)).toMatchObject({ 'lifeboat:run': run.id });
  expect(groups.read('web')).toBeUndefined();
  await sets().undo();
  await clock.advance(60_000);
  expect(await sets().confirmUndo()).toEqual({ done: true });
  expect(service.stacks.find(STACK)).toBeUndefined();
});

test('a stack that could not be made is gone, and what failed is told', async () => {
  await planned('CREATE');
  await sets().confirm();
  service.stacks.failNext.set('Hosts', 'vCPU limit');
  await update().apply({ stack: STACK, changeSet: target.changeSet });
  await clock.advance(8000);
  await clock.advance(4000);
  await expect(update().confirm()).rejects.toMatchObject({ name: 'ProvisioningFailedError' });
  await clock.advance(60_000);
  expect(service.stacks.find(STACK)).toBeUndefined();
  expect(buckets.read('uploads')).toBeUndefined();
});

test('a stack that cannot be updated is refused before anything is asked for', async () => {
  adopted();
  service.stacks.get(STACK).status = 'UPDATE_ROLLBACK_FAILED';
  await expect(sets().apply(target)).rejects.toMatchObject({ name: 'InfrastructureUnfitError' });
  await expect(sets().apply({ ...target, type: 'CREATE' })).rejects.toMatchObject({ name: 'InfrastructureUnfitError' });
  expect(service.stacks.get(STACK).changeSets.size).toBe(0);
});

const change = {
  action: 'Modify',
  policy: '',
  replacement: 'False',
  drift: 'MODIFIED',
  differs: ['DesiredCapacity'],
  follows: {},
};
const targets = { ...change, type: GROUP, differs: ['TargetGroupARNs'] };
test.each([
  ['one more host', { ...change, type: GROUP }, null],
  [
    'another launch template',
    { ...change, type: GROUP, differs: ['DesiredCapacity', 'LaunchTemplate'] },
    /LaunchTemplate/,
  ],
  ['targets of a group that is made again', { ...targets, follows: { TargetGroupARNs: ['Made'] } }, null],
  ['targets of another group', { ...targets, follows: { TargetGroupARNs: ['Made', 'Other'] } }, /TargetGroupARNs/],
  ['targets that somebody has set', targets, /TargetGroupARNs/],
  [
    'another launch template that is made again',
    { ...change, type: GROUP, differs: ['LaunchTemplate'], follows: { LaunchTemplate: ['Made'] } },
    /LaunchTemplate/,
  ],
  ['what CloudFormation does not say', { ...change, type: GROUP, differs: [] }, /would change/],
  ['a replacement', { ...change, type: GROUP, replacement: 'True' }, /would replace/],
  ['a replacement that may be', { ...change, type: GROUP, replacement: 'Conditional' }, /would replace/],
  ['a nested stack', { ...change, type: 'AWS::CloudFormation::Stack', action: 'Dynamic' }, /would replace/],
  ['a database in place', { ...change, type: 'AWS::RDS::DBInstance' }, /holds data/],
  ['a deletion', { ...change, type: 'AWS::EC2::Volume', action: 'Remove' }, /would delete.*holds data/],
  ['a deletion of what holds none', { ...change, type: 'AWS::EC2::Route', action: 'Remove' }, /would delete/],
  ['what is gone', { ...change, type: 'AWS::EC2::Route', drift: 'DELETED', replacement: 'True' }, null],
  ['what is new', { ...change, type: GROUP, action: 'Add' }, null],
  ['no resource', null, /of no resource/],
])('%s', (_what, given, expected) => {
  const found = refusal(given === null ? null : { ...given, logicalId: 'X', named: 'X' }, ['Made']);
  if (expected === null) expect(found).toBeNull();
  else expect(found).toMatch(expected);
});
