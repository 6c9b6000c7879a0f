import type { ReportMachine } from '../contract/phases';
import type { Phase, Step } from '../contract/report';
import { foldHistory, type FoldedHistory, type Scope, type StateFailure, type Visit } from './history';
import { foldLoops, type Block } from './loops';
import type { MachineHistory } from './material';
import { phaseOf, type PhaseTable } from './phases';
import { noSpan } from './spans';

/** A step without its durations, which `judge` measures, and without what only the whole line tells. */
interface Draft {
  readonly machine: string;
  readonly block: Block;
  readonly start: string;
  readonly end: string | null;
  status: Step['status'];
  failure: StateFailure | null;
  readonly phase: Phase;
  readonly lane: number;
  readonly depth: number;
}

/**
 * Makes one time line of the histories of a run's executions: one step per task, wait or poll loop, with all its
 * attempts, in the order of their beginning; a machine that another one started stands behind the step that started it.
 * Offsets and durations are zero; `judge` measures them.
 */
export function timeline(histories: readonly MachineHistory[], table: PhaseTable): Step[] {
  const folded = histories.map((history) => ({ ...history, folded: foldHistory(history.events) }));
  const starters = new Map<string, { lane: number; depth: number }>();
  const drafts = folded.flatMap(({ machine, executionArn, folded: own }) => {
    const base = starters.get(executionArn) ?? { lane: 0, depth: machine === 'recovery' ? 0 : 1 };
    const made = draftsOf(machine, own, base, table);
    for (const draft of made) {
      const nested = draft.block.first.nestedArn;
      if (nested) starters.set(nested, { lane: draft.lane, depth: base.depth + 1 });
    }
    return made;
  });
  blame(drafts, folded);
  drafts.sort(
    (a, b) =>
      Date.parse(a.start) - Date.parse(b.start) ||
      a.depth - b.depth ||
      a.block.first.entered.id - b.block.first.entered.id,
  );
  const numbers = new Map<string, number>();
  return drafts.map((draft) => {
    const key = `${draft.machine}/${draft.block.name}`;
    const number = (numbers.get(key) ?? 0) + 1;
    numbers.set(key, number);
    const error =
      draft.failure === null ? undefined : [draft.failure.error, draft.failure.cause].filter(Boolean).join(': ');
    return {
      id: `${key}#${number}`,
      machine: draft.machine,
      name: draft.block.name,
      phase: draft.phase,
      kind: draft.block.kind,
      start: draft.start,
      end: draft.end,
      offset: noSpan,
      duration: noSpan,
      attempts: draft.block.attempts,
      ...(draft.block.rounds === null ? {} : { rounds: draft.block.rounds }),
      enteredEvent: draft.block.first.entered.id,
      status: draft.status,
      ...(error === undefined ? {} : { error }),
      lane: draft.lane,
    };
  });
}

function draftsOf(
  machine: ReportMachine,
  history: FoldedHistory,
  base: { lane: number; depth: number },
  table: PhaseTable,
): Draft[] {
  const scopes = new Map<Scope, Visit[]>();
  for (const visit of history.visits) scopes.set(visit.scope, [...(scopes.get(visit.scope) ?? []), visit]);
  const drafts = [...scopes].flatMap(([scope, visits]) =>
    foldLoops(visits).map((block) => {
      const status = statusOf(block, history);
      const end = block.last.exited ?? block.last.aborted;
      return {
        machine,
        block,
        start: block.first.entered.timestamp,
        end: end?.timestamp ?? (status === 'running' ? null : (history.end?.at ?? closedAt(scope) ?? null)),
        status,
        failure: status === 'done' || status === 'running' ? null : block.failure,
        lane: base.lane + laneOf(scope),
        depth: base.depth,
      };
    }),
  );
  drafts.sort((a, b) => a.block.first.entered.id - b.block.first.entered.id);
  let phase: Phase | null = null;
  return drafts.map((draft) => {
    phase = phaseOf(table, machine, draft.block.name, phase);
    return { ...draft, phase };
  });
}

function statusOf(block: Block, history: FoldedHistory): Step['status'] {
  const { last } = block;
  if (last.exited) return block.failure ? 'caught' : 'done';
  if (last.aborted) return 'aborted';
  const container = enclosing(last.scope).find((visit) => visit.exited !== null);
  // A Parallel that went on although this branch failed has caught it.
  if (block.failure) return container ? 'caught' : 'failed';
  return container || history.end ? 'aborted' : 'running';
}

const closedAt = (scope: Scope): string | undefined =>
  enclosing(scope).find((visit) => visit.exited !== null)?.exited?.timestamp;

function enclosing(scope: Scope): Visit[] {
  return scope.container ? [scope.container, ...enclosing(scope.container.scope)] : [];
}

/** 0 on the main line; the branches of a Parallel lie on lanes of their own; iterations of a Map follow each other. */
function laneOf(scope: Scope): number {
  if (!scope.container) return 0;
  return laneOf(scope.container.scope) + (scope.kind === 'branch' ? 1 + scope.index : 0);
}

/**
 * Where a machine ended as failed, says which of its steps is to blame: the last one whose caught error is the
 * machine's; without a caught one, the last step before the Fail state (a wait whose rounds were used up).
 */
function blame(drafts: readonly Draft[], histories: readonly { machine: string; folded: FoldedHistory }[]): void {
  for (const { machine, folded } of histories) {
    if (!folded.end?.failure || folded.end.status === 'Aborted') continue;
    const failure = folded.end.failure;
    const own = drafts.filter((draft) => draft.machine === machine);
    if (own.some((draft) => draft.status === 'failed')) continue;
    const caught = own.filter((draft) => draft.status === 'caught');
    const guilty = caught.findLast((draft) => draft.failure?.error === failure.error) ?? caught.at(-1);
    if (guilty) guilty.status = 'failed';
    else if (caught.length === 0) {
      const last = own.findLast((draft) => draft.end !== null);
      if (last) {
        last.status = 'failed';
        last.failure = failure;
      }
    }
  }
}

/**
 * The step that a failed run failed at: the innermost one, since a step that started a machine fails with it. Where the
 * front door has not ended yet, the caught step with the outcome's error. Settling is looked at last.
 */
export function failedStep(steps: readonly Step[], error: string | undefined): Step | null {
  const failed = steps.filter((step) => step.status === 'failed');
  const caught = steps.filter((step) => step.status === 'caught');
  const candidates = [
    ...failed,
    ...caught.filter((step) => error !== undefined && step.error?.startsWith(error) === true),
    ...caught.toReversed(),
  ];
  const plan = candidates.filter((step) => step.machine !== 'settlement');
  return (
    plan.find((step) => step.kind !== 'machine') ??
    plan[0] ??
    candidates.find((step) => step.kind !== 'machine') ??
    candidates[0] ??
    null
  );
}

/** A step as a person finds it: `database-recovery › Restore beside`. */
export const pathOf = (step: Pick<Step, 'machine' | 'name'>): string => `${step.machine} › ${step.name}`;
