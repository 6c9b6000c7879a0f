import type { DatabaseDescription } from '../../contract/description';
import type { IntegrityMeasure } from '../../contract/documents';
import { integrityTasks } from '../../contract/tasks/integrity';
import { currentInstance } from '../gateways/current-instance';
import { lastPass, recordHealth, recordProbe } from '../gateways/evidence';
import { putMetrics } from '../gateways/metrics';
import { ask, healthAddress } from '../gateways/outside';
import { readDescription } from '../gateways/parameters';
import { handler as task } from '../runtime/handler';
import { hasPassed, judge } from './judge';

/** Whose figures they are. A self-hosted database is known by PostgreSQL's own number of it: the one in its place has another. */
async function measured(database: DatabaseDescription, measure: IntegrityMeasure) {
  if (database.engine === 'rds') return await currentInstance(database);
  const { instanceIdentifier } = database;
  return {
    instanceIdentifier,
    resourceId: `${instanceIdentifier}/${measure.databaseOid ?? 'unknown'}`,
    settings: null,
  };
}

/**
 * Judges the measures and stores them with the instance's settings. They are held against the last pass of the same
 * instance only: after a recovery the copy is rightly older than the last pass of what it replaced, and was checked against
 * its own moment by the recovery. Whether the application is healthy from outside is stored beside it.
 */
export const handler = task(integrityTasks['probe-record'], async ({ measure }, { log }) => {
  const { database, publicUrl } = await readDescription();
  const { instanceIdentifier, resourceId, settings } = await measured(database, measure);
  // Before, not up to: a repeated call must not find its own record.
  const last = await lastPass({ before: measure.takenAt });
  const comparable = last?.instance.resourceId === resourceId ? last.measure : null;
  const checks = judge(measure, database.integrityChecks, comparable);
  const passed = hasPassed(checks);
  const { takenAt } = measure;
  await recordProbe({ takenAt, passed, measure, instance: { instanceIdentifier, resourceId }, settings, checks });
  // What else is known good by health, such as the hosts' configuration, goes by this.
  const { healthy, detail } = await ask(healthAddress(publicUrl));
  await recordHealth({ at: new Date().toISOString(), healthy, detail });
  await putMetrics([{ name: 'IntegrityProbePassed', value: passed ? 1 : 0, unit: 'Count' }]);
  log.info(passed ? 'passed' : 'did not pass', { takenAt, failed: checks.filter(({ status }) => status === 'failed') });
  return { passed, takenAt, checks };
});
