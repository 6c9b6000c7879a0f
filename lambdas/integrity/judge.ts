import type { IntegrityCheck } from '../../contract/description';
import type { IntegrityMeasure, TableMeasure } from '../../contract/documents';
import type { Check } from '../../contract/run';

type Verdict = Pick<Check, 'status' | 'expected' | 'actual'>;

const verdict = (good: boolean, expected: string, actual: string): Verdict => ({
  status: good ? 'passed' : 'failed',
  expected,
  actual,
});

/** Rows: no fewer than the last pass's, less what the check allows. Between its two looks the lower figure counts. */
function rows(check: IntegrityCheck, now: TableMeasure, last: TableMeasure | undefined): Verdict {
  const actual = `${now.rows.after} rows`;
  if (last === undefined) {
    return { status: 'not-checkable', expected: 'the rows of a pass before this one, and there is none', actual };
  }
  const before = Math.min(last.rows.before, last.rows.after);
  const least = Math.ceil(before * (1 - check.maximumShrinkPercent / 100));
  return verdict(
    now.rows.after >= least,
    `at least ${least} rows: ${before} at the last pass, less ${check.maximumShrinkPercent} %`,
    actual,
  );
}

/**
 * Rows that were there at the last pass and never change: the same number and the same content. A row that a transaction
 * with a lower key committed late comes on top; then the content of the known ones cannot be told apart, but none is gone.
 */
function known(now: TableMeasure, last: TableMeasure): Verdict {
  const expected = `${last.rows.before} rows up to ${last.through} with checksum ${last.checksum.before}`;
  if (last.through === '') return verdict(true, 'no row was known at the last pass', 'none');
  if (now.known?.through !== last.through) {
    return { status: 'not-checkable', expected, actual: `measured up to ${now.known?.through ?? 'no known key'}` };
  }
  const { rows: found, checksum } = now.known;
  const actual = `${found} rows with checksum ${checksum}`;
  if (found > last.rows.before && checksum !== last.checksum.after)
    return { status: 'not-checkable', expected, actual };
  const same = checksum === last.checksum.before || checksum === last.checksum.after;
  return verdict(found >= last.rows.before && same, expected, actual);
}

/** A schema's version goes up or stays. Versions that are no numbers can only be held against each other as equal. */
function schema(now: string, last: string | undefined): Verdict {
  if (last === undefined) return verdict(now !== '', 'a version', now === '' ? 'none' : now);
  if (now === last) return verdict(true, last, now);
  const numbers = /^\d+$/;
  if (!numbers.test(now) || !numbers.test(last)) {
    const gone = now === '';
    return { status: gone ? 'failed' : 'not-checkable', expected: `${last} or later`, actual: gone ? 'none' : now };
  }
  return verdict(BigInt(now) >= BigInt(last), `${last} or later`, now);
}

function judgeTable(
  check: IntegrityCheck,
  now: TableMeasure | undefined,
  last: TableMeasure | undefined,
): [string, Verdict][] {
  const name = check.table;
  if (now === undefined) return [[`rows of ${name}`, verdict(false, 'a measure of the table', 'none')]];
  return [
    [`rows of ${name}`, rows(check, now, last)],
    ...(check.appendOnly && last !== undefined
      ? [[`known rows of ${name}`, known(now, last)] satisfies [string, Verdict]]
      : []),
    ...(check.references !== undefined || check.range !== undefined
      ? [
          [
            `rules of ${name}`,
            verdict(now.violations === 0, '0 rows that break a rule', `${now.violations} rows`),
          ] satisfies [string, Verdict],
        ]
      : []),
  ];
}

/**
 * Judges what the integrity probe measured.
 * @param last the measure of the last pass of the same instance; without one only the checks' own rules are judged.
 * @returns every check with its figures; the probe has passed where none of them failed.
 */
export function judge(
  measure: IntegrityMeasure,
  checks: readonly IntegrityCheck[],
  last: IntegrityMeasure | null,
): Check[] {
  const find = (of: IntegrityMeasure | null, table: string) => of?.tables.find((one) => one.table === table);
  const evidence =
    last === null ? `probe of ${measure.takenAt}` : `probe of ${measure.takenAt} against the pass of ${last.takenAt}`;
  const verdicts: [string, Verdict][] = [
    ...checks.flatMap((check) => judgeTable(check, find(measure, check.table), find(last, check.table))),
    ['schema version', schema(measure.schemaVersion, last?.schemaVersion)],
  ];
  return verdicts.map(([name, judged]) => ({ name, ...judged, evidence }));
}

export const hasPassed = (checks: readonly Check[]): boolean => checks.every(({ status }) => status !== 'failed');
