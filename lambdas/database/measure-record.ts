import type { Check } from '../../contract/run';
import { databaseTasks, type RunMoment } from '../../contract/tasks/database';
import { recordChecks } from '../run/journal';
import { verifyLease } from '../run/lease';
import { recordMeasure } from '../run/measures';
import { handler as task } from '../runtime/handler';

const names: Record<RunMoment, string> = {
  fenced: 'rows behind the fence, before the data is changed',
  opening: 'rows behind the fence, before the database is opened again',
};

/**
 * Keeps what the database holds while nobody can write to it: what an undo holds a restored copy against, and counts from.
 * One that could not be measured fails nothing: an undo then cannot count, and says so.
 */
export const handler = task(databaseTasks['measure-record'], async ({ run, moment, measure }) => {
  await verifyLease(run);
  const common = { name: names[moment], expected: 'measured, for an undo of this run to go by' };
  if (measure === null) {
    const actual = 'it could not be measured: an undo cannot count what is written from now on';
    const check: Check = { ...common, status: 'not-checkable', actual, evidence: 'probe-integrity behind the fence' };
    await recordChecks(run.id, [check]);
    return { kept: false };
  }
  await recordMeasure(run.id, moment, measure);
  await recordChecks(run.id, [
    {
      ...common,
      status: 'passed',
      actual: measure.tables.map(({ table, rows }) => `${rows.after} in ${table}`).join(', '),
      evidence: `probe-integrity behind the fence at ${measure.takenAt}`,
    },
  ]);
  return { kept: true };
});
