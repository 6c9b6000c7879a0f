import type { IntegrityMeasure, TableMeasure } from '../../../contract/documents';
import type { Check } from '../../../contract/run';
import { hasPassed, judge } from '../../../lambdas/integrity/judge';
import { description, measure, table } from '../fixtures';

const { integrityChecks } = description.database;
const last = measure('2026-11-23T02:10:00Z');
const known = (rows: number, checksum = `sum-${rows}`, through = '1000') => ({ known: { through, rows, checksum } });

interface Difference {
  users?: Partial<TableMeasure>;
  evaluations?: Partial<TableMeasure>;
  migrations?: Partial<TableMeasure>;
  schemaVersion?: string;
}

/** Today's measure: grown, with the known rows as they were, but for what a test says. */
const today = ({ users, evaluations, migrations, schemaVersion }: Difference = {}): IntegrityMeasure => ({
  ...measure('2026-11-23T02:15:00Z', [
    table('users', 110, users),
    table('evaluations', 1200, { ...known(1000), ...evaluations }),
    table('schema_migrations', 7, migrations),
  ]),
  ...(schemaVersion === undefined ? {} : { schemaVersion }),
});

const failing = (checks: Check[]) =>
  checks.filter(({ status }) => status !== 'passed').map(({ name, status }) => `${name}: ${status}`);
const judged = (difference?: Difference, before: IntegrityMeasure | null = last) =>
  judge(today(difference), integrityChecks, before);

test('what grew and kept its rows has passed, each check with its figures', () => {
  const checks = judged();
  expect(failing(checks)).toEqual([]);
  expect(hasPassed(checks)).toBe(true);
  expect(checks.map(({ name }) => name)).toEqual([
    'rows of users',
    'rows of evaluations',
    'known rows of evaluations',
    'rules of evaluations',
    'rows of schema_migrations',
    'schema version',
  ]);
  expect(checks[0]).toEqual({
    name: 'rows of users',
    status: 'passed',
    expected: 'at least 99 rows: 100 at the last pass, less 1 %',
    actual: '110 rows',
    evidence: 'probe of 2026-11-23T02:15:00Z against the pass of 2026-11-23T02:10:00Z',
  });
});

const rows = (n: number) => ({ rows: { before: n, after: n } });

test.each<[string, Difference, string[]]>([
  ['as many as the check allows are gone', { users: rows(99) }, []],
  ['one more is gone', { users: rows(98) }, ['rows of users: failed']],
  ['one of a table that may not shrink is gone', { migrations: rows(6) }, ['rows of schema_migrations: failed']],
  ['the second look counts', { users: { rows: { before: 110, after: 0 } } }, ['rows of users: failed']],
  ['a known row is gone', { evaluations: known(999) }, ['known rows of evaluations: failed']],
  ['a known row was changed', { evaluations: known(1000, 'other') }, ['known rows of evaluations: failed']],
  [
    'a row came late among the known',
    { evaluations: known(1001, 'other') },
    ['known rows of evaluations: not-checkable'],
  ],
  [
    'another key was measured',
    { evaluations: known(1000, 'sum-1000', '900') },
    ['known rows of evaluations: not-checkable'],
  ],
  ['no known key was measured', { evaluations: { known: null } }, ['known rows of evaluations: not-checkable']],
  ['a rule is broken', { evaluations: { ...known(1000), violations: 1 } }, ['rules of evaluations: failed']],
  ['the schema went up', { schemaVersion: '10' }, []],
  ['the schema went down', { schemaVersion: '6' }, ['schema version: failed']],
  ['the schema has no version', { schemaVersion: '' }, ['schema version: failed']],
  ['the version is no number', { schemaVersion: 'blue' }, ['schema version: not-checkable']],
])('%s', (_what, difference, expected) => {
  const checks = judged(difference);
  expect(failing(checks)).toEqual(expected);
  expect(hasPassed(checks)).toBe(!expected.some((line) => line.endsWith(': failed')));
});

test('a table that was not measured fails', () => {
  const measured = { ...today(), tables: today().tables.filter(({ table: name }) => name !== 'users') };
  expect(failing(judge(measured, integrityChecks, last))).toEqual(['rows of users: failed']);
});

test('between the two looks of the last pass, either figure and either content is right', () => {
  const looks = measure('2026-11-23T02:10:00Z', [
    table('users', 100, { rows: { before: 120, after: 110 } }),
    table('evaluations', 1000, { checksum: { before: 'one', after: 'two' } }),
    table('schema_migrations', 7),
  ]);
  for (const checksum of ['one', 'two']) {
    expect(failing(judged({ evaluations: known(1000, checksum) }, looks))).toEqual([]);
  }
  expect(failing(judged({ evaluations: known(1001, 'two') }, looks))).toEqual([]);
  expect(failing(judged({ evaluations: known(1000, 'three') }, looks))).toEqual(['known rows of evaluations: failed']);
});

test('an append-only table that was empty has nothing to keep', () => {
  const empty = measure('2026-11-23T02:10:00Z', [
    table('users', 100),
    table('evaluations', 0, { through: '' }),
    table('schema_migrations', 7),
  ]);
  expect(failing(judged({ evaluations: { known: null } }, empty))).toEqual([]);
});

test('the first probe of all stands on the rules alone', () => {
  const unknown = ['users', 'evaluations', 'schema_migrations'].map((name) => `rows of ${name}: not-checkable`);
  const [users, evaluations, migrations] = unknown;
  expect(failing(judged({ users: rows(0) }, null))).toEqual(unknown);
  expect(hasPassed(judged({ users: rows(0) }, null))).toBe(true);
  const broken = 'rules of evaluations: failed';
  expect(failing(judged({ evaluations: { violations: 3 } }, null))).toEqual([users, evaluations, broken, migrations]);
  expect(failing(judged({ schemaVersion: '' }, null))).toEqual([...unknown, 'schema version: failed']);
});

test('nothing measured passes nothing', () => {
  const nothing = { ...measure('2026-11-23T02:15:00Z', []), schemaVersion: '' };
  expect(hasPassed(judge(nothing, integrityChecks, null))).toBe(false);
});
