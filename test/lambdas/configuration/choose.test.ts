import { ConfigurationMissingError, RolledBackAlreadyError } from '../../../contract/errors';
import type { Examined, InForce } from '../../../contract/documents';
import { requestSchema } from '../../../contract/run';
import { choose, type Situation } from '../../../lambdas/configuration/choose';

const digest = (of: string) => of.padEnd(64, '0');
const examined = (version: string, of: string, problem: Examined['problem'] = null): Examined => ({
  version,
  problem,
  words: problem === null ? 'sound' : `application is ${problem}`,
  files: { application: digest(of), tls: null },
});
const inForce = (of: string, secretsCurrent: InForce['secretsCurrent'] = {}): InForce => ({
  files: {
    application: { digest: digest(of), mode: '644', owner: 'root:root', changedAt: null },
    tls: { digest: null, mode: '', owner: '', changedAt: null },
  },
  backup: { writtenAt: null, missing: [] },
  secretsCurrent,
});
const situation = (
  plan: 'configuration-recovery' | 'configuration-rollback',
  versions: readonly Examined[],
  hosts: readonly InForce[],
  more: object = {},
): Situation => ({
  request: requestSchema.parse({ plan, ...more }),
  stored: {
    bucket: 'b',
    candidates: versions.map(({ version }) => ({ version, at: '2026-11-23T02:13:40Z', objects: `${version}=a:b` })),
    because: 'as said',
    passedOver: [{ choice: 'v9', because: 'written after it' }],
  },
  examined: versions,
  hosts: hosts.map((result, at) => ({ host: `i-${at}`, result })),
  earlier: [],
});
const three = [examined('v3', 'c'), examined('v2', 'b'), examined('v1', 'a')];

test('a recovery takes the newest, whether or not it is in force, and says what else there was', () => {
  const { chosen, reason, alternatives } = choose(situation('configuration-recovery', three, [inForce('c')]));
  expect(chosen.version).toBe('v3');
  expect(reason).toBe('as said; v3 is in force');
  expect(alternatives).toEqual([
    { choice: 'v9', because: 'written after it' },
    { choice: 'v2', because: 'a newer sound one is there' },
    { choice: 'v1', because: 'a newer sound one is there' },
  ]);
});

test('what is not sound is passed over, with its fault', () => {
  const versions = [examined('v3', 'c', 'invalid'), examined('v2', 'b', 'certificate-expired'), examined('v1', 'a')];
  const { chosen, reason, alternatives } = choose(situation('configuration-recovery', versions, [inForce('z')]));
  expect(chosen.version).toBe('v1');
  expect(reason).toBe('as said; what is in force is none of them; 2 that are not sound passed over');
  expect(alternatives).toContainEqual({ choice: 'v2', because: 'not sound: application is certificate-expired' });
});

test('a rollback that runs twice does not go on from what the first went to, unless it is told how far', () => {
  const earlier = [{ run: 'earlier', at: '2026-11-23T02:10:00Z', to: 'v2' }];
  const again = { ...situation('configuration-rollback', three, [inForce('b')]), earlier };
  expect(() => choose(again)).toThrow(RolledBackAlreadyError);
  expect(() => choose(again)).toThrow('earlier went back to version v2');
  const named = situation('configuration-rollback', three, [inForce('b')], { configurationVersion: 'v1' });
  expect(choose({ ...named, earlier }).chosen.version).toBe('v3');
  // Something else has been placed since.
  const later = situation('configuration-rollback', three, [inForce('c')]);
  expect(choose({ ...later, earlier }).chosen.version).toBe('v2');
});

test('a rollback takes the newest before what is in force', () => {
  const { chosen, alternatives } = choose(situation('configuration-rollback', three, [inForce('b')]));
  expect(chosen.version).toBe('v1');
  expect(alternatives).toEqual(
    expect.arrayContaining([
      { choice: 'v3', because: 'it is newer than what is in force' },
      { choice: 'v2', because: 'it is in force' },
    ]),
  );
});

test('where hosts differ, a rollback goes before the newest that any of them has', () => {
  expect(choose(situation('configuration-rollback', three, [inForce('a'), inForce('b')])).chosen.version).toBe('v1');
});

test('a rollback of what was never stored takes the newest sound one', () => {
  expect(choose(situation('configuration-rollback', three, [inForce('z')])).chosen.version).toBe('v3');
});

test('a rollback to a version that was asked for does not look at what is in force', () => {
  const [first] = three;
  const asked = situation('configuration-rollback', first === undefined ? [] : [first], [inForce('c')], {
    configurationVersion: 'v3',
  });
  expect(choose(asked).chosen.version).toBe('v3');
});

test('a file that a version does not have is none on the host either', () => {
  const other = inForce('c');
  const more = {
    ...other,
    files: { ...other.files, tls: { digest: digest('t'), mode: '', owner: '', changedAt: null } },
  };
  expect(choose(situation('configuration-recovery', three, [more])).reason).toContain(
    'what is in force is none of them',
  );
});

test('secrets in force that are not of today are told by name, once', () => {
  const hosts = [inForce('c', { SESSION_SECRET: false, OTHER: true }), inForce('c', { SESSION_SECRET: false })];
  expect(choose(situation('configuration-recovery', three, hosts)).reason).toBe(
    'as said; v3 is in force; not of today in force: SESSION_SECRET',
  );
});

test.each([
  [
    'nothing is sound',
    'configuration-recovery',
    [examined('v1', 'a', 'key-mismatch')],
    'z',
    /v1: not sound: .*key-mismatch/,
  ],
  ['the oldest is in force', 'configuration-rollback', [examined('v1', 'a')], 'a', /v1: it is in force/],
] as const)('where %s there is nothing to take', (_what, plan, versions, of, says) => {
  const taking = () => choose(situation(plan, versions, [inForce(of)]));
  expect(taking).toThrow(ConfigurationMissingError);
  expect(taking).toThrow(says);
  expect(taking).toThrow(/v9: written after it.*Name one with configurationVersion/);
});
