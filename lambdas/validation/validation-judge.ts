import { validationTasks } from '../../contract/tasks/validation';
import { requireRun } from '../gateways/runs';
import { recordChecks } from '../run/journal';
import { verifyLease } from '../run/lease';
import { handler as task } from '../runtime/handler';
import { judge } from './judge';

/**
 * Makes the checks and records them. A validation passes where no check failed and none that has to be made could not be:
 * what was not checked is never taken for passed.
 * @throws LeaseLostError
 */
export const handler = task(validationTasks['validation-judge'], async ({ run, ...found }, { log }) => {
  if (run !== null) await verifyLease(run);
  const began = run === null ? null : (await requireRun(run.id)).startedAt;
  const at = new Date().toISOString();
  const judged = judge(found, { began, at });
  const checks = judged.map(({ check }) => check);
  const bad = judged.filter(
    ({ check, isNeeded }) => check.status === 'failed' || (isNeeded && check.status === 'not-checkable'),
  );
  const words = bad
    .map(({ check: { name, status, expected, actual } }) =>
      status === 'failed' ? `${name}: ${actual}, not ${expected}` : `${name} could not be checked: ${actual}`,
    )
    .join('; ');
  if (run !== null) await recordChecks(run.id, checks);
  log.info(bad.length === 0 ? 'passed' : 'did not pass', { words });
  return { passed: bad.length === 0, words, at, checks };
});
