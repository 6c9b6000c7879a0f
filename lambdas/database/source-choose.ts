import { databaseTasks, type AvailableSources } from '../../contract/tasks/database';
import { lastPass, type Evidence } from '../gateways/evidence';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { choose, type Pass } from './choose';

/** What `Checks` of the document may hold of a key; `|` would begin a rule (contract/documents.ts). */
const passable = /^[A-Za-z0-9_:,.=>@+-]+$/;
const passOf = ({ takenAt, instance }: Evidence): Pass => ({ takenAt, resourceId: instance.resourceId });

/**
 * The last pass, and where it is too young to be restored yet (the restorable time trails by about five minutes), the last
 * one that is old enough.
 */
async function passes(sources: AvailableSources): Promise<Pass[]> {
  const last = await lastPass();
  if (last === null) return [];
  const own = sources.pointInTime.find(({ resourceId }) => resourceId === last.instance.resourceId);
  if (own === undefined || Date.parse(last.takenAt) <= Date.parse(own.latest)) return [passOf(last)];
  const restorable = await lastPass({ notAfter: own.latest });
  return restorable === null ? [passOf(last)] : [passOf(last), passOf(restorable)];
}

/** Chooses source and moment, and records the choice with what else there was. */
export const handler = task(databaseTasks['source-choose'], async ({ run, request, objective, current, sources }) => {
  const now = new Date().toISOString();
  const candidates = await passes(sources);
  const { source, reason, predictedLossSeconds, alternatives } = choose({
    request,
    objective,
    current,
    sources,
    passes: candidates,
    now,
  });
  // Figures of the chosen moment or, where the probe did not measure then, of the last good moment before it.
  const baseline = await lastPass(source.moment === 'latest' ? {} : { notAfter: source.moment });
  await recordDecision(run.id, {
    at: now,
    subject: 'recovery source',
    choice: JSON.stringify(source),
    reason: `${reason}; predicted loss ${Math.ceil(predictedLossSeconds)} s of ${objective.rpoMinutes * 60} s allowed`,
    alternatives,
  });
  return {
    source,
    reason,
    predictedLossSeconds,
    baselineTakenAt: baseline?.takenAt ?? null,
    baselineThrough: Object.fromEntries(
      (baseline?.measure.tables ?? [])
        .filter(({ through }) => passable.test(through))
        .map(({ table, through }) => [table, through]),
    ),
  };
});
