import { regionTasks } from '../../contract/tasks/regions';
import { lastPass } from '../gateways/evidence';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { choose } from './choose';

/** What `Checks` of the document may hold of a key; `|` would begin a rule (contract/documents). */
const passable = /^[A-Za-z0-9_:,.=>@+-]+$/;

/** Chooses, and records the choice with what else there was and whether the other region answers. */
export const handler = task(
  regionTasks['region-choose'],
  async ({ run, request, description, here, there, sources, replication }) => {
    const now = new Date().toISOString();
    const { objective, region } = description;
    const back = run.plan === 'fail-back';
    const chosen = choose({ back, request, objective, here, there, sources, replication, now });
    const { source, reason, lossSeconds, alternatives } = chosen;
    const loss = lossSeconds === null ? 'an unknown loss' : `at most ${Math.ceil(lossSeconds)} s`;
    await recordDecision(run.id, {
      at: now,
      subject: `what ${region} takes over with`,
      choice: JSON.stringify(source),
      reason: `${reason}; predicted loss ${loss} of ${objective.rpoMinutes * 60} s allowed`,
      alternatives,
    });
    await recordDecision(run.id, {
      at: now,
      subject: `the primary in ${there.region}`,
      choice: there.arn === null ? 'it cannot be reached by RDS' : 'it is fenced first',
      reason: there.words,
      alternatives: [],
    });
    // Figures of this region's own probe, which measures the replica; going back it measured the old primary, which says nothing.
    const moment = 'moment' in source && source.moment !== 'latest' ? source.moment : null;
    const baseline = back
      ? null
      : await lastPass({ resourceId: here.resourceId, ...(moment === null ? {} : { notAfter: moment }) });
    return {
      source,
      predictedLossSeconds: lossSeconds,
      baselineTakenAt: baseline?.takenAt ?? null,
      baselineThrough: Object.fromEntries(
        (baseline?.measure.tables ?? [])
          .filter(({ through }) => passable.test(through))
          .map(({ table, through }) => [table, through]),
      ),
    };
  },
);
