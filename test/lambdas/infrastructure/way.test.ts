import { forwardsAll } from '../../../lambdas/infrastructure/way';

const rule = (priority: string, paths: readonly string[] | null, ...forwardsTo: string[]) => ({
  arn: priority,
  priority,
  paths,
  forwardsTo,
});
test.each([
  ['the default', [rule('default', [], 'us')], true],
  ['a rule for each path', [rule('1', ['/a/*'], 'us'), rule('2', ['/b'], 'us')], true],
  ['a rule for everything', [rule('9', ['/*'], 'others', 'us')], true],
  ['a rule for one of two', [rule('1', ['/a/*'], 'us')], false],
  ['a rule that asks for more than a path', [rule('1', null, 'us')], false],
  ['rules that lead elsewhere', [rule('1', ['/a/*', '/b'], 'others'), rule('default', [], 'others')], false],
  ['none', [], false],
])('all paths are forwarded: %s', (_what, rules, expected) => {
  expect(forwardsAll(rules, ['/a/*', '/b'], 'us')).toBe(expected);
});
