import type { HistoryEvent } from './material';

/** Where a state stands: in the machine itself, in a branch of a Parallel, or in an iteration of a Map. */
export interface Scope {
  readonly kind: 'machine' | 'branch' | 'iteration';
  /** The Parallel or Map around it. */
  readonly container: Visit | null;
  /** Order of beginning among its siblings, from 0. */
  readonly index: number;
}

export interface StateFailure {
  readonly error: string;
  readonly cause: string;
}

/** One stay in one state, from its entry to its exit, with all its attempts. */
export interface Visit {
  readonly name: string;
  /** The state's type as events spell it: Task, Wait, Choice, Pass, Parallel, Map, Succeed, Fail. */
  readonly type: string;
  readonly scope: Scope;
  readonly entered: HistoryEvent;
  exited: HistoryEvent | null;
  attempts: number;
  /** Set by a failed attempt, cleared by a later one that succeeds. */
  failure: StateFailure | null;
  aborted: HistoryEvent | null;
  /** True where the task starts another machine. */
  startsMachine: boolean;
  /** The execution that it started. */
  nestedArn: string | null;
  branches: number;
}

export interface FoldedHistory {
  /** In the order of entry. */
  readonly visits: readonly Visit[];
  readonly end: { readonly status: string; readonly at: string; readonly failure: StateFailure | null } | null;
}

interface Place {
  readonly scope: Scope;
  readonly visit: Visit | null;
}

const failureOf = (event: HistoryEvent): StateFailure => {
  const details =
    event.taskFailedEventDetails ??
    event.taskTimedOutEventDetails ??
    event.taskStartFailedEventDetails ??
    event.taskSubmitFailedEventDetails ??
    event.lambdaFunctionFailedEventDetails ??
    event.lambdaFunctionTimedOutEventDetails ??
    event.lambdaFunctionScheduleFailedEventDetails ??
    event.lambdaFunctionStartFailedEventDetails ??
    event.evaluationFailedEventDetails ??
    event.executionFailedEventDetails ??
    event.executionAbortedEventDetails ??
    event.executionTimedOutEventDetails;
  const fallback = event.type.endsWith('TimedOut') ? 'States.Timeout' : 'States.TaskFailed';
  return { error: details?.error ?? fallback, cause: details?.cause ?? '' };
};

/**
 * Folds one execution's history into its visits of states. Follows `previousEventId`, so that what runs beside each
 * other in a Parallel is told apart even where states of two branches have one name.
 */
export function foldHistory(events: readonly HistoryEvent[]): FoldedHistory {
  const root: Scope = { kind: 'machine', container: null, index: 0 };
  const places = new Map<number, Place>();
  const visits: Visit[] = [];
  let end: FoldedHistory['end'] = null;

  for (const event of [...events].sort((a, b) => a.id - b.id)) {
    const previous = places.get(event.previousEventId ?? 0) ?? { scope: root, visit: null };
    const stateEvent = /^(Task|Wait|Choice|Pass|Parallel|Map|Succeed|Fail)State(Entered|Exited|Aborted)$/.exec(
      event.type,
    );
    let place: Place = previous;
    if (stateEvent?.[2] === 'Entered') {
      const parallel = previous.visit?.type === 'Parallel' && previous.visit.exited === null ? previous.visit : null;
      const scope: Scope = parallel
        ? { kind: 'branch', container: parallel, index: parallel.branches++ }
        : previous.scope;
      const visit: Visit = {
        name: event.stateEnteredEventDetails?.name ?? '(unnamed)',
        type: stateEvent[1] ?? 'Task',
        scope,
        entered: event,
        exited: null,
        attempts: 0,
        failure: null,
        aborted: null,
        startsMachine: false,
        nestedArn: null,
        branches: 0,
      };
      visits.push(visit);
      place = { scope, visit };
    } else if (stateEvent) {
      const name = event.stateExitedEventDetails?.name;
      const visit = openAround(previous, (v) => v.type === stateEvent[1] && (name === undefined || v.name === name));
      const found = visit ?? lastOpen(visits, name);
      if (found && stateEvent[2] === 'Exited') found.exited = event;
      if (found && stateEvent[2] === 'Aborted') found.aborted = event;
      if (found) place = { scope: found.scope, visit: found };
    } else if (event.type.startsWith('MapIteration')) {
      const map = openAround(previous, (v) => v.type === 'Map');
      if (map && event.type === 'MapIterationStarted') {
        place = { scope: { kind: 'iteration', container: map, index: map.branches++ }, visit: null };
      } else place = { scope: previous.scope, visit: map };
    } else if (/^(Parallel|Map)State(Succeeded|Failed)$/.test(event.type)) {
      const type = event.type.startsWith('Map') ? 'Map' : 'Parallel';
      const container = openAround(previous, (v) => v.type === type);
      if (container && event.type.endsWith('Failed')) container.failure = failureOf(event);
      if (container) place = { scope: container.scope, visit: container };
    } else if (event.type.startsWith('Execution')) {
      if (event.type !== 'ExecutionStarted' && event.type !== 'ExecutionRedriven') {
        const failed = event.type !== 'ExecutionSucceeded';
        end = {
          status: event.type.slice('Execution'.length),
          at: event.timestamp,
          failure: failed ? failureOf(event) : null,
        };
      }
    } else if (previous.visit) attempt(previous.visit, event);
    places.set(event.id, place);
  }
  return { visits, end };
}

function attempt(visit: Visit, event: HistoryEvent): void {
  const scheduled = event.taskScheduledEventDetails;
  if (event.type.endsWith('Scheduled')) visit.attempts++;
  if (scheduled?.resourceType === 'states' && scheduled.resource.startsWith('startExecution'))
    visit.startsMachine = true;
  if (event.taskSubmittedEventDetails?.output) visit.nestedArn = executionArnIn(event.taskSubmittedEventDetails.output);
  if (/(Failed|TimedOut)$/.test(event.type)) visit.failure = failureOf(event);
  if (/^(Task|LambdaFunction)Succeeded$/.test(event.type)) visit.failure = null;
}

/** The nearest state, from the inside outwards, that is still open and fits. */
function openAround(place: Place, fits: (visit: Visit) => boolean): Visit | null {
  const { visit } = place;
  if (visit?.exited === null && fits(visit)) return visit;
  for (let around = place.scope.container; around !== null; around = around.scope.container) {
    if (around.exited === null && fits(around)) return around;
  }
  return null;
}

const lastOpen = (visits: readonly Visit[], name: string | undefined): Visit | null =>
  visits.findLast((visit) => visit.exited === null && visit.name === name) ?? null;

const executionArnIn = (output: string): string | null => /"ExecutionArn"\s*:\s*"([^"]+)"/i.exec(output)?.[1] ?? null;
