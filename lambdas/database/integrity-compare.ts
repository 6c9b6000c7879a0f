import { IntegrityCheckFailedError } from '../../contract/errors';
import { databaseTasks } from '../../contract/tasks/database';
import { passAt } from '../gateways/evidence';
import { recordChecks } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { compare } from './compare';

/** Holds the restored copy against the baseline, records every check, and fails where one has failed. */
export const handler = task(
  databaseTasks['integrity-compare'],
  async ({ run, database, measure, baselineTakenAt, baseline: own, exact, consistencyPercent }) => {
    const measured = own ?? null;
    const passed = measured !== null || baselineTakenAt === null ? null : await passAt(baselineTakenAt);
    const baseline = measured === null ? passed : { measure: measured };
    const without =
      baselineTakenAt === null
        ? 'no integrity probe had passed at or before the moment'
        : `the evidence of the probe at ${baselineTakenAt} is gone`;
    const checks = compare({
      checks: database.integrityChecks,
      measure,
      baseline,
      without,
      exact,
      consistencyPercent,
    });
    await recordChecks(run.id, checks);
    const failed = checks.filter(({ status }) => status === 'failed');
    if (failed.length > 0) {
      const lines = failed.map(({ name, expected, actual }) => `${name}: expected ${expected}, found ${actual}`);
      throw new IntegrityCheckFailedError(`The copy is not what it should be: ${lines.join('; ')}.`);
    }
    return { checks };
  },
);
