import { compareVersions } from '../../../lambdas/gateways/agents';

test.each([
  ['3.3.2746.0', '3.3.2746.0', 0],
  ['3.3.2746', '3.3.2746.0', 0],
  ['3.3.9.0', '3.3.10.0', -1],
  ['3.10.0.0', '3.9.9.9', 1],
  ['', '0.0.0.1', -1],
  ['unknown', '3.3.2746.0', -1],
])('%j against %j', (one, other, sign) => {
  expect(Math.sign(compareVersions(one, other))).toBe(sign);
  expect(Math.sign(compareVersions(other, one))).toBe(sign === 0 ? 0 : -sign);
});
