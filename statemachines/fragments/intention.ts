import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { ApplyArguments, ChangeKind, ChangeResult } from '../../contract/changes';
import { variable, type Input, type Path } from '../../contract/expressions';
import type { PlannedChange, Prediction } from '../../contract/planned';
import { change } from './change';
import { assign, rendered, type Assignment, type Patience, type Steps } from './steps';
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
}

/** An intention, held against its kind's contract by the compiler. */
export function intend<K extends ChangeKind>(kind: K, what: Omit<Intention<K>, 'kind'>): Intention<K> {
  return { kind, ...what };
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

export const planned = variable<PlannedChange[]>('planned');
export const prediction = variable<Prediction>('prediction');

/**
 * The shape of every plan: it resolves (reads, chooses, refuses; nothing is changed), says what it intends and what that
 * will cost, and only then works.
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
  return steps.sequence(
    plan.resolve,
    steps.remember('What the run will change', [
      { name: planned.body.slice(1), value: plan.intends.map(listed) },
      assign(prediction, plan.predicts),
    ]),
    plan.work,
  );
}

function listed({ step, kind, key, target, before, pointOfNoReturn = false }: Intention): unknown {
  return rendered({ step, kind, key, target, pointOfNoReturn, ...(before === undefined ? {} : { before }) });
}
