import { releaseTasks, type ReleaseSighting } from '../../contract/tasks/releases';
import { readDescription } from '../gateways/parameters';
import { latest, recordSighting } from '../gateways/release-evidence';
import { handler as task } from '../runtime/handler';
import { judgeRelease } from './release-health';

/** Judges how well each host serves its release and keeps it: what "known healthy" is known from. */
export const handler = task(releaseTasks['releases-record'], async ({ inspected }, { log }) => {
  const { serviceLevels } = await readDescription();
  const last = await latest();
  const sighting: ReleaseSighting = {
    takenAt: new Date().toISOString(),
    hosts: inspected.map(({ host, result }) => ({
      host,
      release: result.release,
      commit: result.commit,
      ...judgeRelease(
        result,
        serviceLevels,
        last?.hosts.find((each) => each.host === host),
      ),
      requests: result.metrics?.requests ?? 0,
      errors: result.metrics?.errors ?? 0,
    })),
  };
  await recordSighting(sighting);
  log.info('looked at the releases', { hosts: sighting.hosts });
  return sighting;
});
