import { databaseTasks, type AvailableSources } from '../../contract/tasks/database';
import { lastPass, type Evidence } from '../gateways/evidence';
import type { RecoverySource } from '../../contract/changes';
import type { RecoveryRequest } from '../../contract/run';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { choose, type Pass } from './choose';
import { beforeTheFault, throughOf } from './passes';

const passOf = ({ takenAt, instance }: Evidence): Pass => ({ takenAt, resourceId: instance.resourceId });

/**
 * The last pass, and where it is too young to be restored yet (the restorable time trails by about five minutes), the last
 * one that is old enough.
 */
async function passes(request: RecoveryRequest, sources: AvailableSources): Promise<Pass[]> {
  const last = await lastPass(beforeTheFault(request));
  if (last === null) return [];
  const own = sources.pointInTime.find(({ resourceId }) => resourceId === last.instance.resourceId);
  if (own === undefined || Date.parse(last.takenAt) <= Date.parse(own.latest)) return [passOf(last)];
  const restorable = await lastPass({ notAfter: own.latest, ...beforeTheFault(request) });
  return restorable === null ? [passOf(last)] : [passOf(last), passOf(restorable)];
}

/** The moment, and how long before the detection it lies: what a person asks first. */
function momentInWords({ moment }: RecoverySource, { incident }: RecoveryRequest, now: string): string {
  if (moment === 'latest') return 'goes back to everything that was committed before the fence';
  const [until, what] =
    incident.detected === undefined
      ? [now, 'now; when the fault was detected is not given']
      : [incident.detected, `the detection at ${incident.detected}`];
  const seconds = Math.round((Date.parse(until) - Date.parse(moment)) / 1000);
  return `goes back to ${moment}, ${Math.abs(seconds)} s ${seconds < 0 ? 'after' : 'before'} ${what}`;
}

/** Chooses source and moment, and records the choice with what else there was. */
export const handler = task(databaseTasks['source-choose'], async ({ run, request, objective, current, sources }) => {
  const now = new Date().toISOString();
  const candidates = await passes(request, sources);
  const { source, reason, predictedLossSeconds, alternatives } = choose({
    request,
    objective,
    current,
    sources,
    passes: candidates,
    now,
  });
  // Figures of the chosen moment or, where the probe did not measure then, of the last good moment before it; of the
  // instance that is restored: another one's rows say nothing of it.
  const baseline = await lastPass({
    ...(source.moment === 'latest' ? {} : { notAfter: source.moment }),
    ...('resourceId' in source ? { resourceId: source.resourceId } : {}),
    ...beforeTheFault(request),
  });
  await recordDecision(run.id, {
    at: now,
    subject: 'recovery source',
    choice: JSON.stringify(source),
    reason: `${reason}; ${momentInWords(source, request, now)}; predicted loss ${Math.ceil(predictedLossSeconds)} s of ${objective.rpoMinutes * 60} s allowed`,
    alternatives,
  });
  return {
    source,
    reason,
    predictedLossSeconds,
    baselineTakenAt: baseline?.takenAt ?? null,
    baselineThrough: throughOf(baseline?.measure),
  };
});
