import { asProvisioned, differences, inTheInstancesPlace, underItsName } from '../../../sandbox/drill/differences';
import { type Footprint } from '../../../sandbox/drill/footprint';

const instance = (resourceId: string, tags: Readonly<Record<string, string>>, more: object = {}) =>
  JSON.stringify({
    attributes: { MultiAZ: true, ...more },
    resourceId,
    status: 'available',
    tags: Object.entries(tags),
  });
const record = (identifier: string) =>
  JSON.stringify({ name: 'db.example', value: `${identifier}.abc.rds.amazonaws.com` });
const own = { owner: 'team' };
const runs = { 'lifeboat:run': 'undo-1', 'lifeboat:environment': 'drill' };

const before: Footprint = {
  'instance shop': instance('db-1', own),
  'record db.example': record('shop'),
  'target group shop': '{"name":"shop"}',
  'alarm connections': '{"of":"shop"}',
  'database db-1: content': 'c',
  'database db-1: who may connect': 'everybody',
};
/** Restored into another instance, to which the record leads; the one before is kept, fenced, until it expires. */
const restored = (more: Footprint = {}): Footprint => ({
  ...before,
  'instance shop': instance(
    'db-1',
    { ...own, ...runs, 'lifeboat:expires': '2026-12-23' },
    { DeletionProtection: true },
  ),
  'instance lifeboat-drill-undo-1-abc': instance('db-2', { ...own, ...runs }),
  'record db.example': record('lifeboat-drill-undo-1-abc'),
  'alarm connections': '{"of":"lifeboat-drill-undo-1-abc"}',
  'database db-1: content': 'what was written since',
  'database db-1: who may connect': 'the master',
  'database db-2: content': 'c',
  'database db-2: who may connect': 'everybody',
  ...more,
});
const left = (now: Footprint) => differences(before, inTheInstancesPlace(before, now, 'db.example'));

test('a copy in the place of an instance is no difference, and the one that it replaced is kept', () => {
  expect(left(restored())).toEqual([]);
  // Without it there is hardly anything that is no difference.
  expect(differences(before, restored())).toHaveLength(5);
});

test.each([
  ['other content', { 'database db-2: content': 'd' }, /^database db-1: content: c became d$/],
  ['other grants', { 'database db-2: who may connect': 'nobody' }, /^database db-1: who may connect/],
  [
    'another setting',
    { 'instance lifeboat-drill-undo-1-abc': instance('db-2', { ...own, ...runs }, { MultiAZ: false }) },
    /^instance shop: .*"MultiAZ":true.* became .*"MultiAZ":false/,
  ],
  [
    'a tag that is missing',
    { 'instance lifeboat-drill-undo-1-abc': instance('db-2', runs) },
    /^instance shop: .*owner.* became .*"tags":\[\]/,
  ],
  [
    'a day on which it expires',
    { 'instance lifeboat-drill-undo-1-abc': instance('db-2', { ...own, ...runs, 'lifeboat:expires': '2026-12-01' }) },
    /^instance shop: .*lifeboat:expires/,
  ],
  ['an alarm that stays behind', { 'alarm connections': '{"of":"other"}' }, /^alarm connections/],
  ['something else of that name', { 'target group shop': '{"name":"other"}' }, /^target group shop/],
])('%s is a difference', (_what, more, says) => {
  const found = left(restored(more));
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(says);
});

test('by rename the copy has the name, and the one that it replaced another one', () => {
  const others = Object.fromEntries(Object.entries(restored()).filter(([name]) => !name.startsWith('instance ')));
  const renamed = (more: Footprint = {}): Footprint => ({
    ...others,
    'instance shop': instance('db-2', { ...own, ...runs }),
    'instance lifeboat-drill-old-undo-1-abc': instance('db-1', { ...own, ...runs, 'lifeboat:expires': '2026-12-23' }),
    'record db.example': record('shop'),
    'alarm connections': '{"of":"shop"}',
    ...more,
  });
  expect(left(renamed())).toEqual([]);
  expect(left(renamed({ 'database db-2: content': 'd' }))).toEqual(['database db-1: content: c became d']);
});

test('a copy to which nothing leads stands in nobody’s place', () => {
  expect(left(restored({ 'record db.example': record('shop') }))).not.toEqual([]);
});

test('a target group that was made again is known by its name, and one of another name is another', () => {
  const group = (name: string, id: string, port = 80) => ({
    [`target group ${name}`]: `{"Port":${port},"TargetGroupArn":"arn:targetgroup/${name}/${id}"}`,
    DescribeAutoScalingGroups: `{"TargetGroupARNs":["arn:targetgroup/${name}/${id}"]}`,
  });
  const found = (now: Footprint) => differences(group('shop', '1'), underItsName(group('shop', '1'), now));
  expect(found(group('shop', '2'))).toEqual([]);
  expect(found(group('shop', '2', 81))).toHaveLength(1);
  expect(found(group('other', '1'))).toHaveLength(3);
});

test('of an Auto Scaling group only the sizes are as before', () => {
  const group = (desired: number, version: string) =>
    `{"DesiredCapacity":${desired},"LaunchTemplate":"${version}","MaxSize":2,"MinSize":${desired}}`;
  const then = { DescribeAutoScalingGroups: group(1, 'a') };
  const now = (version: string) => asProvisioned(then, { DescribeAutoScalingGroups: group(2, version) });
  expect(differences(then, now('a'))).toEqual([]);
  expect(differences(then, now('b'))).toHaveLength(1);
});
