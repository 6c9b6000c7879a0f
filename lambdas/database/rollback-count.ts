import type { IntegrityMeasure, TableMeasure } from '../../contract/documents';
import type { Check } from '../../contract/run';
import { databaseTasks } from '../../contract/tasks/database';
import { recordChecks } from '../run/journal';
import { handler as task } from '../runtime/handler';

/** The content up to a key that both know, in words; nothing where they know none. */
function contentOf({ known: present }: TableMeasure, { known: copy }: TableMeasure): string {
  if (present === null || copy?.through !== present.through) return '';
  const is = present.checksum === copy.checksum ? 'the same' : 'other';
  return `; up to key ${present.through} ${is} content`;
}

function wordsOf(present: TableMeasure, copy: TableMeasure | undefined): string {
  const then = present.rows.after;
  if (copy === undefined) return `${then} behind the fence, and the copy has no such table`;
  const now = copy.rows.after;
  const difference = then === now ? 'as many' : `${Math.abs(then - now)} ${now < then ? 'fewer' : 'more'}`;
  return `${then} behind the fence, ${now} in the copy: ${difference}${contentOf(present, copy)}`;
}

/** One check a table; what is left behind is no failure, since a person chose the moment: it is seen, and where it is kept. */
function checksOf(present: IntegrityMeasure, copy: IntegrityMeasure, keptIn: string): Check[] {
  return present.tables.map((table) => ({
    name: `rows of ${table.table} that the rollback leaves behind`,
    status: 'passed',
    expected: `every one is in ${keptIn}`,
    actual: wordsOf(
      table,
      copy.tables.find((each) => each.table === table.table),
    ),
    evidence: `probe-integrity behind the fence at ${present.takenAt}, and of the copy at ${copy.takenAt}`,
  }));
}

/** Counts, table by table, what a rollback leaves behind, and records it: no committed row is lost unseen. */
export const handler = task(databaseTasks['rollback-count'], async ({ run, present, copy, keptIn }) => {
  const checks: Check[] =
    present === null
      ? [
          {
            name: 'rows that the rollback leaves behind',
            status: 'not-checkable',
            expected: `every one is in ${keptIn}`,
            actual: 'the present state could not be measured; the backup has it as it is',
            evidence: 'probe-integrity behind the fence',
          },
        ]
      : checksOf(present, copy, keptIn);
  await recordChecks(run.id, checks);
  return { words: checks.map(({ name, actual }) => `${name}: ${actual}`).join('; ') };
});
