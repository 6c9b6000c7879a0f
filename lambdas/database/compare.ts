import type { DatabaseDescription, IntegrityCheck } from '../../contract/description';
import type { IntegrityMeasure, TableMeasure } from '../../contract/documents';
import type { Check } from '../../contract/run';

/** Figures of a moment that was good. */
export interface Baseline {
  readonly measure: IntegrityMeasure;
}

export interface Comparison {
  readonly checks: DatabaseDescription['integrityChecks'];
  /** Of the restored copy. */
  readonly measure: IntegrityMeasure;
  readonly baseline: Baseline | null;
  /** Why there is no baseline. */
  readonly without: string;
  /** Whether the copy is of exactly the baseline's moment. */
  readonly exact: boolean;
  readonly consistencyPercent: number;
}

const verdict = (passed: boolean): Check['status'] => (passed ? 'passed' : 'failed');
const copied = (measure: IntegrityMeasure) => `probe-integrity on the copy at ${measure.takenAt}`;
const against = ({ measure }: Baseline, on: IntegrityMeasure) =>
  `${copied(on)} against the probe that passed at ${measure.takenAt}`;

/**
 * Rows: between the baseline's two looks. Of another moment fewer rows than the baseline's share say nothing: a person
 * chose the moment, and rows may have been removed in between.
 */
function rowsCheck(table: string, now: TableMeasure, then: TableMeasure, it: Comparison, evidence: string): Check {
  const name = `rows of ${table}`;
  const actual =
    now.rows.before === now.rows.after ? `${now.rows.before}` : `${now.rows.before} then ${now.rows.after}`;
  const lowest = Math.min(then.rows.before, then.rows.after);
  const highest = Math.max(then.rows.before, then.rows.after);
  if (it.exact) {
    const within = [now.rows.before, now.rows.after].every((rows) => rows >= lowest && rows <= highest);
    const expected = lowest === highest ? `${lowest}` : `${lowest} to ${highest}`;
    return { name, status: verdict(within), expected, actual, evidence };
  }
  const least = Math.ceil((lowest * it.consistencyPercent) / 100);
  const enough = Math.min(now.rows.before, now.rows.after) >= least;
  const expected = `at least ${least} (${it.consistencyPercent} % of ${lowest})`;
  if (enough) return { name, status: 'passed', expected, actual, evidence };
  const fewer = `${actual}; the copy is of another moment than these figures, so whether rows are missing cannot be told`;
  return { name, status: 'not-checkable', expected, actual: fewer, evidence };
}

/** The checksum of the copy over the rows that the baseline's is over, if it has one. */
function comparable(now: TableMeasure, then: TableMeasure): string | null {
  if (now.known !== null && now.known.through === then.through) return now.known.checksum;
  return now.through === then.through ? now.checksum.before : null;
}

/** Checksum: equal where the baseline's two looks agree; else it can only be one of two, or in between. */
function checksumCheck(table: string, now: TableMeasure, then: TableMeasure, evidence: string): Check {
  const name = `checksum of ${table}`;
  const { before, after } = then.checksum;
  const actual = comparable(now, then);
  if (actual === null) {
    return {
      name,
      status: 'not-checkable',
      expected: `${before} over the rows up to key ${then.through}`,
      actual: `the copy was measured up to key ${now.through}`,
      evidence,
    };
  }
  if (before === after) return { name, status: verdict(actual === before), expected: before, actual, evidence };
  if (actual === before || actual === after) {
    return { name, status: 'passed', expected: `${before} or ${after}`, actual, evidence };
  }
  const expected = `in range: rows changed between the looks (${before}, ${after})`;
  return { name, status: 'not-checkable', expected, actual, evidence };
}

/** The check's own rules; none where it has none, since that could not fail. */
function rulesChecks({ table, references, range }: IntegrityCheck, now: TableMeasure, evidence: string): Check[] {
  const rules = [
    ...(references === undefined ? [] : [`${references.column} refers to ${references.table}.${references.key}`]),
    ...(range === undefined ? [] : [`${range.column} is ${range.minimum} to ${range.maximum}`]),
  ];
  if (rules.length === 0) return [];
  const expected = `no row breaks ${rules.join(', ')}`;
  const actual = `${now.violations} row(s) do`;
  return [{ name: `rules of ${table}`, status: verdict(now.violations === 0), expected, actual, evidence }];
}

function schemaCheck(it: Comparison, baseline: Baseline): Check {
  const [expected, actual] = [baseline.measure.schemaVersion, it.measure.schemaVersion];
  // Of another moment: the schema may have moved on in between.
  const otherwise = it.exact ? 'failed' : 'not-checkable';
  const evidence = against(baseline, it.measure);
  return { name: 'schema version', status: expected === actual ? 'passed' : otherwise, expected, actual, evidence };
}

function tableChecks(check: IntegrityCheck, it: Comparison): Check[] {
  const { table } = check;
  const now = it.measure.tables.find((each) => each.table === table);
  if (now === undefined) {
    const evidence = copied(it.measure);
    return [
      {
        name: `rows of ${table}`,
        status: 'failed',
        expected: 'a measure',
        actual: 'the table was not measured',
        evidence,
      },
    ];
  }
  const rules = rulesChecks(check, now, copied(it.measure));
  if (it.baseline === null) return rules;
  const then = it.baseline.measure.tables.find((each) => each.table === table);
  const evidence = against(it.baseline, it.measure);
  if (then === undefined) {
    const expected = 'figures of the good moment';
    return [
      {
        name: `rows of ${table}`,
        status: 'not-checkable',
        expected,
        actual: 'the probe did not measure it then',
        evidence,
      },
      ...rules,
    ];
  }
  const rows = rowsCheck(table, now, then, it, evidence);
  return it.exact ? [rows, checksumCheck(table, now, then, evidence), ...rules] : [rows, ...rules];
}

/**
 * Holds a restored copy against a moment that was good.
 * - exact: rows between the baseline's two looks, checksums equal, schema version equal, no row breaks a rule;
 * - of another moment: no row breaks a rule; fewer rows than `consistencyPercent` of the baseline's are not checkable;
 * - without a baseline: the rules alone, and one check that says what could not be checked and why.
 * @returns every check with expected and actual; never empty
 */
export function compare(it: Comparison): Check[] {
  const head =
    it.baseline === null
      ? [
          {
            name: 'copy against a good moment',
            status: 'not-checkable' as const,
            expected: 'rows, checksums and schema version of a moment at which the integrity probe passed',
            actual: it.without,
            evidence: copied(it.measure),
          },
        ]
      : [schemaCheck(it, it.baseline)];
  return [...head, ...it.checks.flatMap((check) => tableChecks(check, it))];
}
