import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { ApplyArguments, ChangeKind, ChangeResult } from '../../contract/changes';
import { expression, literal, variable, type Expression, type Input, type Path } from '../../contract/expressions';
import type { PlannedChange, Prediction } from '../../contract/planned';
import { approve } from './approval';
import { applyOnly, change, confirmOnly } from './change';
import { rehearse } from './rehearsal';
import { assign, type Assignment, type Patience, type Steps } from './steps';
import * as is from './values';

/** A change that a plan intends: written once, listed before anything is changed, and made from the same words. */
export interface Intention<K extends ChangeKind = ChangeKind> {
  /** The name of the state that makes it. */
  readonly step: string;
  readonly kind: K;
  readonly key: string;
  readonly target: Input<ApplyArguments<K>['target']>;
  readonly before?: Input<NonNullable<ApplyArguments<K>['before']>>;
  readonly pointOfNoReturn?: boolean;
  /** Whether it is made at all, by what is resolved; always unless said. It has to agree with the plan's own Choice. */
  readonly when?: Expression<boolean>;
  /**
   * The target as far as it is known once the plan has resolved, where `target` has what only comes about while it works
   * (the endpoint of what a change makes): of the same shape, with a word in its place.
   */
  readonly foreseen?: Input<ApplyArguments<K>['target']>;
  /** The key of the change that makes what this one changes: until then there is no state before to be read. */
  readonly upon?: Input<string | null>;
  /** The key of the change that this one is made instead of, where that one turns out to be impossible. */
  readonly insteadOf?: string;
}

/** An intention, held against its kind's contract by the compiler. */
export function intend<K extends ChangeKind>(kind: K, what: Omit<Intention<K>, 'kind'>): Intention<K> {
  return { kind, ...what };
}

/** Listed without the state before: it is read right before the change, and a plan that waits for a person would have read it too early. */
export function unread({ before: _before, ...intention }: Intention): Intention {
  return intention;
}

/** Makes an intended change. */
export function carryOut<K extends ChangeKind>(
  steps: Steps,
  intention: Intention<K>,
  patience: Patience,
  keep: (result: Path<ChangeResult>) => readonly Assignment[] = () => [],
): IChainable {
  return change(steps, intention.step, intention.kind, is.run, intention, patience, keep);
}

/**
 * Begins an intended change that takes long, and does not wait for it: `awaitBegun` comes later. Begun again it finds what was
 * begun before.
 * @param name of the state, where it is not the intention's
 */
export function begin<K extends ChangeKind>(steps: Steps, intention: Intention<K>, name = intention.step): IChainable {
  return applyOnly(steps, name, intention.kind, is.run, intention);
}

/** Waits until an intended change that was begun is in force. */
export function awaitBegun(steps: Steps, { step, kind, key }: Intention, patience: Patience): IChainable {
  return confirmOnly(steps, step, kind, is.run, key, patience);
}

const intended = variable<(PlannedChange | null)[]>('intended');
export const planned = variable<PlannedChange[]>('planned');
export const prediction = variable<Prediction>('prediction');

/**
 * The shape of every plan: it resolves (reads, chooses, refuses; nothing is changed), says what it intends and what that
 * will cost, waits for a person where the description says so, and only then works. A rehearsal goes the same way up to there, asks about each change instead of making it,
 * and ends.
 */
export function resolveThenWork(
  steps: Steps,
  plan: {
    readonly resolve: IChainable;
    readonly intends: readonly Intention[];
    readonly predicts: Input<Prediction>;
    readonly work: IChainable;
  },
): IChainable {
  const kinds = [...new Set(plan.intends.map(({ kind }) => kind))];
  return steps.sequence(
    plan.resolve,
    steps.remember('What the run will change', [
      { name: intended.body.slice(1), value: plan.intends.map(listed) },
      assign(prediction, plan.predicts),
    ]),
    // One that does not apply here is listed as null.
    steps.remember('What of it applies', [assign(planned, expression<PlannedChange[]>('[$intended[$ != null]]'))]),
    steps.either(
      'Is it a rehearsal?',
      expression<boolean>("$run.mode = 'rehearse'"),
      rehearse(steps, kinds, planned, prediction),
    ),
    approve(steps, planned, prediction, plan.resolve),
    plan.work,
  );
}

function listed({
  step,
  kind,
  key,
  target,
  before,
  pointOfNoReturn = false,
  when,
  foreseen,
  upon,
  insteadOf,
}: Intention): unknown {
  const change = {
    step,
    kind,
    key,
    target: foreseen ?? target,
    pointOfNoReturn,
    ...(before === undefined ? {} : { before }),
    ...(upon === undefined ? {} : { upon }),
    ...(insteadOf === undefined ? {} : { insteadOf }),
  };
  // Evaluated only where it applies: what it names need not be there otherwise.
  return when === undefined ? change : expression(`(${when.body}) ? ${literal(change)} : null`);
}
