import type { TableMeasure } from '../../../contract/documents';
import { integrityCheckSchema } from '../../../config/schema';
import { compare, type Comparison } from '../../../lambdas/database/compare';

const measured = (more: Partial<TableMeasure> = {}): TableMeasure => ({
  table: 'orders',
  rows: { before: 100, after: 104 },
  through: '100',
  checksum: { before: 'c1', after: 'c1' },
  known: null,
  violations: 0,
  ...more,
});
const measure = (table: Partial<TableMeasure> | null, schemaVersion = '7') => ({
  takenAt: '2026-11-23T02:00:00Z',
  schemaVersion,
  tables: table === null ? [] : [measured(table)],
});
const baseline = { measure: measure({}) };
const check = integrityCheckSchema.parse({
  table: 'orders',
  references: { column: 'user_id', table: 'users' },
  range: { column: 'score', minimum: 0, maximum: 100 },
});
const copy = { rows: { before: 102, after: 102 } };
const exact = (table: Partial<TableMeasure> | null, more: Partial<Comparison> = {}) =>
  compare({
    checks: [check],
    measure: measure(table),
    baseline,
    without: '',
    exact: true,
    consistencyPercent: 99.99,
    ...more,
  });
const statuses = (checks: ReturnType<typeof compare>) =>
  Object.fromEntries(checks.map(({ name, status }) => [name, status]));
const all = {
  'schema version': 'passed',
  'rows of orders': 'passed',
  'checksum of orders': 'passed',
  'rules of orders': 'passed',
};

describe('a copy of exactly the baseline’s moment', () => {
  test('passes with rows between the two looks, inclusive', () => {
    for (const rows of [100, 102, 104]) expect(statuses(exact({ rows: { before: rows, after: rows } }))).toEqual(all);
  });
  test.each([99, 105])('fails with %i rows, and says what was expected', (rows) => {
    const [, found] = exact({ rows: { before: rows, after: rows } });
    expect(found).toMatchObject({
      name: 'rows of orders',
      status: 'failed',
      expected: '100 to 104',
      actual: String(rows),
    });
  });
  test('fails where rows still move out of the range', () => {
    expect(statuses(exact({ rows: { before: 102, after: 110 } }))['rows of orders']).toBe('failed');
  });
  test('rows that became fewer between the looks are a range as well', () => {
    const shrinking = { measure: measure({ rows: { before: 104, after: 100 } }) };
    expect(statuses(exact(copy, { baseline: shrinking }))['rows of orders']).toBe('passed');
  });
  test('fails with another checksum', () => {
    expect(statuses(exact({ ...copy, checksum: { before: 'c2', after: 'c2' } }))['checksum of orders']).toBe('failed');
  });
  test('compares over the rows that both know: what was known before first, else the same key', () => {
    const known = { through: '100', rows: 100, checksum: 'c1' };
    const further = { ...copy, through: '102', checksum: { before: 'x', after: 'x' } };
    expect(statuses(exact({ ...further, known }))['checksum of orders']).toBe('passed');
    expect(statuses(exact({ ...further, known: { ...known, checksum: 'c3' } }))['checksum of orders']).toBe('failed');
    expect(statuses(exact(further))['checksum of orders']).toBe('not-checkable');
  });
  test('where the baseline’s looks differ, equal to one passes and anything else is in range at best', () => {
    const moving = { measure: measure({ checksum: { before: 'c1', after: 'c9' } }) };
    const look = (before: string) =>
      statuses(exact({ ...copy, checksum: { before, after: before } }, { baseline: moving }))['checksum of orders'];
    expect([look('c1'), look('c9'), look('c5')]).toEqual(['passed', 'passed', 'not-checkable']);
  });
  test('fails with another schema version', () => {
    expect(statuses(exact(copy, { measure: measure(copy, '8') }))['schema version']).toBe('failed');
  });
  test('fails where a row breaks a rule, and names the rules', () => {
    const rules = exact({ ...copy, violations: 1 }).find(({ name }) => name === 'rules of orders');
    expect(rules).toMatchObject({
      status: 'failed',
      expected: 'no row breaks user_id refers to users.id, score is 0 to 100',
      actual: '1 row(s) do',
    });
  });
  test('fails where the table was not measured', () => {
    expect(statuses(exact(null))).toMatchObject({ 'rows of orders': 'failed' });
  });
  test('a table that the baseline lacks is not checkable, its rules are', () => {
    expect(statuses(exact(copy, { baseline: { measure: measure(null) } }))).toMatchObject({
      'rows of orders': 'not-checkable',
      'rules of orders': 'passed',
    });
  });
});

describe('a copy of another moment', () => {
  const other = (table: Partial<TableMeasure>, more: Partial<Comparison> = {}) =>
    statuses(exact(table, { exact: false, consistencyPercent: 90, ...more }));
  test('passes with the baseline’s share of rows; fewer are not checkable, never a failure', () => {
    expect(other({ rows: { before: 90, after: 90 } })['rows of orders']).toBe('passed');
    expect(other({ rows: { before: 89, after: 89 } })['rows of orders']).toBe('not-checkable');
    expect(other({ rows: { before: 0, after: 0 } })['rows of orders']).toBe('not-checkable');
    const [, rows] = exact({ rows: { before: 89, after: 89 } }, { exact: false, consistencyPercent: 90 });
    expect(rows?.actual).toBe(
      '89; the copy is of another moment than these figures, so whether rows are missing cannot be told',
    );
    expect(other({ rows: { before: 5000, after: 5000 } })['rows of orders']).toBe('passed');
  });
  test('has to keep the rules, and no checksum is compared', () => {
    expect(other({ ...copy, violations: 2, checksum: { before: 'x', after: 'x' } })).toEqual({
      'schema version': 'passed',
      'rows of orders': 'passed',
      'rules of orders': 'failed',
    });
  });
  test('a schema that moved on is not checkable', () => {
    expect(other(copy, { measure: measure(copy, '8') })['schema version']).toBe('not-checkable');
  });
});

test('a check without rules has no check of rules', () => {
  const plain = integrityCheckSchema.parse({ table: 'orders' });
  const names = (more: Partial<Comparison>) => exact(copy, { checks: [plain], ...more }).map(({ name }) => name);
  expect(names({})).toEqual(['schema version', 'rows of orders', 'checksum of orders']);
  expect(names({ exact: false })).toEqual(['schema version', 'rows of orders']);
  expect(names({ baseline: null })).toEqual(['copy against a good moment']);
});

test('without a baseline the rules are checked, and it says what is not', () => {
  const checks = exact(copy, { baseline: null, without: 'nothing had passed' });
  expect(statuses(checks)).toEqual({ 'copy against a good moment': 'not-checkable', 'rules of orders': 'passed' });
  expect(checks[0]?.actual).toBe('nothing had passed');
});
