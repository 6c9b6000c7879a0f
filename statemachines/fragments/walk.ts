import {
  Choice,
  Condition,
  Fail,
  Map as MapState,
  Pass,
  ProvideItems,
  type IChainable,
} from 'aws-cdk-lib/aws-stepfunctions';
import { changeKindNames, type ChangeKind } from '../../contract/changes';
import { path, variable, type Expression } from '../../contract/expressions';
import { whyItStays } from '../../contract/undo';
import { merging, modification, moments, takeBack } from './change';
import { assign, type Patience, type Steps } from './steps';
import * as is from './values';

/** One change to take back. */
export interface Taken {
  readonly key: string;
  readonly kind: ChangeKind;
}

/**
 * RDS takes minutes to rename, a target drains before its host can come back, a release has to become healthy, and a merge
 * takes as long as its data is; everything else is back within seconds.
 */
const patienceWith: Partial<Record<ChangeKind, Patience>> = {
  'instance-rename': modification,
  'network-fence': modification,
  'kept-instance': modification,
  standby: modification,
  'instance-refresh': modification,
  release: modification,
  'volume-merge': merging,
  files: merging,
  'files-volume': modification,
  // A stack goes back as long as it went; Terraform is let end.
  'stack-update': modification,
  'infrastructure-build': modification,
};

/** How long taking back a change of this kind may take. */
export const patienceOf = (kind: ChangeKind): Patience => patienceWith[kind] ?? moments;

/** The kind's own way, by the kind of `one`; a kind without a way fails by name. */
export function byKind(
  steps: Steps,
  name: string,
  one: Expression<Taken>,
  kinds: readonly ChangeKind[],
  way: (kind: ChangeKind) => { readonly first: IChainable; readonly ends: IChainable['endStates'] },
): IChainable {
  const { scope } = steps;
  const choice = Choice.jsonata(scope, name);
  // Without it a branch would end in a wait that nothing leads out of.
  const gone = Pass.jsonata(scope, 'It is as before', { outputs: {} });
  for (const kind of kinds) {
    const { first, ends } = way(kind);
    choice.when(Condition.jsonata(`{% ${one.body}.kind = '${kind}' %}`), first);
    for (const end of ends) end.next(gone);
  }
  choice.otherwise(
    Fail.jsonata(scope, 'No way back is known', {
      error: 'UndoFailedError',
      cause: `{% 'no undo for changes of kind ' & ${one.body}.kind %}`,
    }),
  );
  return { id: choice.id, startState: choice, endStates: [gone] };
}

/** Takes back changes of another run, one after the other in the order given; the first that fails ends the walk. */
export function walkBackwards(
  steps: Steps,
  what: { readonly items: Expression<Taken[]>; readonly of: Expression<string> },
): IChainable {
  const inside = steps.inside();
  const one = variable<Taken>('one');
  const kinds = changeKindNames.filter((kind) => whyItStays(kind) === undefined);
  const each = byKind(inside, 'Which kind of change?', one, kinds, (kind) => {
    const undo = takeBack(inside, `Undo ${kind}`, kind, is.run, one.key, patienceOf(kind), what.of);
    return { first: undo, ends: undo.endStates };
  });
  const map = MapState.jsonata(steps.scope, 'Walk the journal backwards', {
    maxConcurrency: 1,
    items: ProvideItems.jsonata(what.items.toString()),
    outputs: {},
  });
  map.itemProcessor(inside.sequence(inside.remember('This change', [assign(one, path<Taken>('$states.input'))]), each));
  return steps.caught(map);
}
