import type { Budgets, Observation, Previous, Report, Span, Step } from '../contract/report';
import { planNameSchema, planOf } from '../contract/plans';
import { duration } from './text';
import { later, plus, total, union, type Stopwatch } from './spans';

type Objective = Report['objectives']['rto'];

/** What the judging of a report needs beside the report itself. */
export interface Context {
  readonly stopwatch: Stopwatch;
  readonly observation: Observation | null;
  readonly previous: Previous | null;
}

/** The beginning of the disaster: the observer's, else the caller's, else its detection. */
export const faultOf = (report: Report, observation: Observation | null): string | null =>
  observation?.fault?.at ?? report.incident.fault;

/**
 * Recovery time: from the fault (from its detection, where nobody knows the fault) to the moment at which the application
 * was healthy again: the end of the last outage that the observer saw; without one, the moment at which users were let in
 * again (the maintenance page's removal in the journal); without that, the end of the run, which is later.
 * Judged only for a run that succeeded and whose application answered from outside; a failed run has not met it.
 */
export function recoveryTime(report: Report, context: Context): Objective {
  const { observation, stopwatch } = context;
  const fault = faultOf(report, observation);
  const from = fault ?? report.incident.detected;
  const observed = observation?.outages
    .map((outage) => outage.to)
    .reduce<string | null>((a, b) => (a ? later(a, b) : b), null);
  const letIn = report.changes
    .filter((change) => change.kind === 'maintenance-page' && change.undoneAt !== undefined)
    .map((change) => change.undoneAt ?? report.incident.ended)
    .reduce<string | null>((a, b) => (a ? later(a, b) : b), null);
  const to = observed ?? letIn ?? report.incident.ended;
  const definition =
    `From the ${fault ? 'fault' : 'detection (nobody told when the fault began)'} to ` +
    (observed
      ? 'the end of the last outage that the observer saw.'
      : letIn
        ? 'the removal of the maintenance page.'
        : 'the end of the run.');
  const common = { target: report.objectives.rto.target, definition, ...previousOf(context.previous?.recoverySeconds) };
  if (report.status === 'rejected' || report.status === 'denied')
    return { ...common, actual: null, met: null, because: 'the run was refused before anything was recovered' };
  if (report.status !== 'succeeded')
    return { ...common, actual: null, met: false, because: 'the run did not recover the application' };
  if (report.health?.healthy === false)
    return { ...common, actual: null, met: false, because: 'the application did not answer as healthy after the run' };
  const actual = stopwatch(from, to);
  if (report.health === null)
    return { ...common, actual, met: null, because: 'the application was not asked from outside after the run' };
  return { ...common, actual, ...judged(actual, common.target) };
}

/**
 * Data loss, seconds: from the moment restored to, to the last acknowledged write that is not in the copy, which only an
 * observer knows. Without one it is bounded: from that moment to the fence, after which nothing could be written (without
 * a fence, to the start of the run). A bound inside the objective meets it; a bound beyond it proves nothing.
 */
export function dataLoss(report: Report, context: Context): Objective {
  const { observation, stopwatch } = context;
  const common = { target: report.objectives.rpo.target, ...previousOf(context.previous?.lossSeconds) };
  const definition =
    'From the moment restored to, to the last acknowledged write that is not in the copy, counted by the observer.';
  if (report.status === 'failed' || report.status === 'aborted')
    return { ...common, definition, actual: null, met: false, because: 'the run did not recover the data' };
  const nothing = { measuredSeconds: 0, skippedSeconds: 0 };
  if (report.restore === null) {
    if (report.plan === 'undo' && observation !== null) {
      const undone =
        'From the first to the last acknowledged write that the database which was taken out of service had accepted, counted by the observer.';
      const lost = observation.lossWindow ?? (observation.rows.lost === 0 ? nothing : null);
      if (lost !== null) return { ...common, definition: undone, actual: lost, ...judged(lost, common.target) };
    }
    const plan = planNameSchema.safeParse(report.plan);
    if (!plan.success || planOf(plan.data).replacesData) {
      const because = 'nothing was restored';
      return { ...common, definition, actual: null, met: null, because };
    }
    if (observation === null) {
      const untouched = 'Predicted: the plan leaves the data as it is; nobody counted rows.';
      return { ...common, definition: untouched, actual: nothing, ...judged(nothing, common.target) };
    }
    const counted = 'The plan leaves the data as it is; the observer looked for every acknowledged row.';
    const gone = observation.rows.lost + observation.rows.missing;
    if (gone > 0) {
      const because = `${gone} acknowledged rows are gone, and the plan should have lost none`;
      return { ...common, definition: counted, actual: null, met: false, because };
    }
    return { ...common, definition: counted, actual: nothing, ...judged(nothing, common.target) };
  }
  if (observation) {
    if (observation.rows.lost === 0)
      return { ...common, definition, actual: nothing, ...judged(nothing, common.target) };
    if (observation.lossWindow === null)
      return {
        ...common,
        definition,
        actual: null,
        met: null,
        because: 'rows were lost, and when the last one was written is not known',
      };
    return { ...common, definition, actual: observation.lossWindow, ...judged(observation.lossWindow, common.target) };
  }
  const { moment, fencedAt } = report.restore;
  if (moment === 'latest') {
    const latest = 'Predicted: everything committed before the fence was restored; nobody counted rows.';
    if (fencedAt === null)
      return {
        ...common,
        definition: latest,
        actual: null,
        met: null,
        because: 'no fence was confirmed, so later writes may be lost',
      };
    return { ...common, definition: latest, actual: nothing, ...judged(nothing, common.target) };
  }
  const until = fencedAt === null ? 'the start of the run' : 'the fence';
  const bounded = {
    ...common,
    definition: `At most: from the moment restored to, to ${until}; nobody counted rows.`,
    actual: stopwatch(moment, fencedAt ?? report.started),
  };
  if (common.target !== null && total(bounded.actual) > common.target)
    return {
      ...bounded,
      met: null,
      because: 'this is an upper bound; when the last lost row was written is not known',
    };
  return { ...bounded, ...judged(bounded.actual, common.target) };
}

const previousOf = (seconds: number | null | undefined): { previous?: number } =>
  seconds === null || seconds === undefined ? {} : { previous: seconds };

function judged(actual: Span, target: number | null): { met: boolean | null; because?: string } {
  if (target === null) return { met: null, because: 'the run ended before the objective was read' };
  return { met: total(actual) <= target };
}

/** What the drill was allowed to cost, against what the observer and the clock counted; what was not counted is not met. */
export function budgetResults(
  budgets: Partial<Budgets>,
  report: Report,
  observation: Observation | null,
): Report['budgets'] {
  const result = (name: string, unit: string, budget: number | undefined, actual: number | null) =>
    budget === undefined
      ? []
      : [
          {
            name,
            unit,
            budget,
            actual,
            met: actual !== null && actual <= budget,
            ...(actual === null ? { because: 'it could not be counted' } : {}),
          },
        ];
  const recovery = report.objectives.rto.actual;
  return [
    ...result('downtime', 'seconds', budgets.downtimeSeconds, observation ? total(observation.downtime) : null),
    ...result(
      'rows lost',
      'rows',
      budgets.rowsLost,
      observation ? observation.rows.lost + observation.rows.missing : null,
    ),
    ...result('recovery time', 'seconds', budgets.recoverySeconds, recovery ? total(recovery) : null),
  ];
}

/**
 * How long each phase took: the time in which at least one of its steps was under way, so that what ran beside each
 * other counts once. What lies between fault and run is `detect`.
 */
export function phaseDurations(report: Report, steps: readonly Step[], stopwatch: Stopwatch): Report['phases'] {
  const work = steps.filter((step) => step.kind !== 'machine');
  const names = new Set(work.map((step) => step.phase));
  const durations = [...names].map((phase) => {
    const intervals = union(
      work
        .filter((step) => step.phase === phase)
        .map((step) => ({ from: step.start, to: step.end ?? report.incident.ended })),
    );
    const spent = intervals
      .map(({ from, to }) => stopwatch(from, to))
      .reduce(plus, { measuredSeconds: 0, skippedSeconds: 0 });
    return { phase, duration: spent };
  });
  const before = report.incident.beforeRun;
  if (total(before) === 0) return durations;
  const detect = durations.find(({ phase }) => phase === 'detect');
  if (!detect) return [{ phase: 'detect', duration: before }, ...durations];
  detect.duration = plus(before, detect.duration);
  return durations;
}

/** Difference to the last drill in words, or null where there was none. */
export function comparedWithPrevious(actual: Span | null, previous: number | undefined): string | null {
  if (actual === null || previous === undefined) return null;
  const difference = total(actual) - previous;
  if (Math.abs(difference) < 0.05) return 'no difference';
  return `${duration(Math.abs(difference))} ${difference < 0 ? 'less' : 'more'} now`;
}
