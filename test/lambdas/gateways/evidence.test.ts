import { emptyTables, startTables, stopTables } from '../tables';
import { measure, settings } from '../fixtures';
import {
  instantKey,
  lastPass,
  latest,
  passAt,
  recordProbe,
  storedSettings,
  type Evidence,
} from '../../../lambdas/gateways/evidence';
import { getItem, putItem } from '../../../lambdas/gateways/table';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(emptyTables);

const probe = (takenAt: string, passed = true, more: Partial<Evidence> = {}): Evidence => ({
  takenAt,
  passed,
  measure: measure(takenAt),
  instance: { instanceIdentifier: 'interview-drills-production', resourceId: 'db-1' },
  settings,
  checks: [{ name: 'rows of users', status: 'passed', expected: 'at least 99', actual: '100', evidence: 'probe' }],
  ...more,
});
const at = (minute: number) => `2026-11-23T02:${String(minute).padStart(2, '0')}:00Z`;

test('none is null', async () => {
  await expect(lastPass()).resolves.toBeNull();
  await expect(latest()).resolves.toBeNull();
  await expect(passAt(at(1))).resolves.toBeNull();
  await expect(storedSettings('interview-drills-production')).resolves.toBeNull();
});

test('gives the last pass, whole, and the last probe', async () => {
  for (const [minute, passed] of [
    [1, true],
    [3, false],
    [2, true],
  ] as const)
    await recordProbe(probe(at(minute), passed));
  await expect(lastPass()).resolves.toEqual(probe(at(2)));
  await expect(latest()).resolves.toEqual(probe(at(3), false));
});

test('gives the last pass up to a time with it, or before it', async () => {
  for (const minute of [1, 2, 3]) await recordProbe(probe(at(minute)));
  await expect(lastPass({ notAfter: at(2) })).resolves.toMatchObject({ takenAt: at(2) });
  await expect(lastPass({ before: at(2) })).resolves.toMatchObject({ takenAt: at(1) });
  await expect(lastPass({ notAfter: '2026-11-23T03:02:30+01:00' })).resolves.toMatchObject({ takenAt: at(2) });
  await expect(lastPass({ before: at(1) })).resolves.toBeNull();
});

test('gives a pass at exactly a time; what did not pass is none', async () => {
  await recordProbe(probe(at(1)));
  await recordProbe(probe(at(2), false));
  await expect(passAt('2026-11-23T03:01:00.000+01:00')).resolves.toMatchObject({ takenAt: at(1) });
  await expect(passAt(at(2))).resolves.toBeNull();
});

test('looks past many failures', async () => {
  await recordProbe(probe(at(0)));
  for (let minute = 1; minute < 40; minute += 1) await recordProbe(probe(at(minute), false));
  await expect(lastPass()).resolves.toMatchObject({ takenAt: at(0) });
});

test('keeps the newest settings of an instance, whether or not the probe passed', async () => {
  const older = { ...settings, DBInstanceClass: 'db.r6g.medium' };
  await recordProbe(probe(at(2), false));
  await recordProbe(probe(at(1), true, { settings: older }));
  await expect(storedSettings('interview-drills-production')).resolves.toEqual({
    instanceIdentifier: 'interview-drills-production',
    resourceId: 'db-1',
    settings,
    takenAt: at(2),
  });
});

test('a probe outlives everything that may be kept; settings never expire', async () => {
  await recordProbe(probe(at(1)));
  const item = await getItem('evidence', { pk: 'PROBE#production', sk: instantKey(at(1)) });
  expect(item?.['expires']).toBe(Date.parse(at(1)) / 1000 + 400 * 86_400);
  const stored = await getItem('evidence', { pk: 'SETTINGS#interview-drills-production', sk: 'SETTINGS' });
  expect(stored).not.toHaveProperty('expires');
});

test('a stored probe that is not of the contract is named', async () => {
  await putItem('evidence', { pk: 'PROBE#production', sk: instantKey(at(1)), passed: true, evidence: {} });
  await expect(lastPass()).rejects.toMatchObject({ name: 'ContractViolationError' });
});

test.each([
  ['2026-11-23T02:13:40Z', '2026-11-23T02:13:40.000000Z'],
  ['2026-11-23T02:13:40.5Z', '2026-11-23T02:13:40.500000Z'],
  ['2026-11-23T02:13:40.123456+00:00', '2026-11-23T02:13:40.123456Z'],
  ['2026-11-23T03:13:40.123456789+01:00', '2026-11-23T02:13:40.123456Z'],
  ['2026-11-22T21:13:40-05:00', '2026-11-23T02:13:40.000000Z'],
])('%s sorts as %s', (time, key) => {
  expect(instantKey(time)).toBe(key);
});
