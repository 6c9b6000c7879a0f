import {
  Choice,
  Condition,
  Fail,
  Map as MapState,
  Pass,
  ProvideItems,
  type IChainable,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { ChangeKind } from '../../contract/changes';
import { path, variable, type Expression } from '../../contract/expressions';
import { whyItStays } from '../../contract/undo';
import { modification, moments, takeBack } from './change';
import { assign, type Patience, type Steps } from './steps';
import * as is from './values';

/** One change to take back. */
export interface Taken {
  readonly key: string;
  readonly kind: ChangeKind;
}

/** As `merging`, asked less often, since each of a walk's changes may take so long: 90 questions, the last pauses four minutes, are more than 5 hours. */
const mergingBack: Patience = { firstSeconds: 3, longestSeconds: 240, rounds: 90 };

/**
 * RDS takes minutes to rename, a target drains before its host can come back, a release has to become healthy, and a merge
 * takes as long as its data is; everything else is back within seconds.
 */
const patienceWith: Partial<Record<ChangeKind, Patience>> = {
  'instance-rename': modification,
  'network-fence': modification,
  'kept-instance': modification,
  standby: modification,
  // One instance after the other, at the longest: statemachines/auto-scaling-rollback.
  'instance-refresh': mergingBack,
  release: modification,
  'volume-merge': mergingBack,
  files: mergingBack,
  'files-volume': modification,
  // A stack goes back as long as it went; Terraform is let end.
  'stack-update': modification,
  'infrastructure-build': modification,
};

/** How long taking back a change of this kind may take. */
export const patienceOf = (kind: ChangeKind): Patience => patienceWith[kind] ?? moments;

const usualNames = { gone: 'It is as before', unknown: 'No way back is known' };

/** The kind's own way, by the kind of `one`; a kind without a way fails by name. */
export function byKind(
  steps: Steps,
  name: string,
  one: Expression<Taken>,
  kinds: readonly ChangeKind[],
  way: (kind: ChangeKind) => { readonly first: IChainable; readonly ends: IChainable['endStates'] },
  names: { readonly gone: string; readonly unknown: string } = usualNames,
): IChainable {
  const { scope } = steps;
  const choice = Choice.jsonata(scope, name);
  // Without it a branch would end in a wait that nothing leads out of.
  const gone = Pass.jsonata(scope, names.gone, { outputs: {} });
  for (const kind of kinds) {
    const { first, ends } = way(kind);
    choice.when(Condition.jsonata(`{% ${one.body}.kind = '${kind}' %}`), first);
    for (const end of ends) end.next(gone);
  }
  choice.otherwise(
    Fail.jsonata(scope, names.unknown, {
      error: 'UndoFailedError',
      cause: `{% 'no undo for changes of kind ' & ${one.body}.kind %}`,
    }),
  );
  return { id: choice.id, startState: choice, endStates: [gone] };
}

/** By which verb their states are named. */
const others = { second: 'Take back', third: 'Put back' } as const;

/**
 * Takes back changes of another run, one after the other in the order given; the first that fails ends the walk.
 * @param what.kinds those that there can be; any other one fails by name
 */
export function walkBackwards(
  steps: Steps,
  what: {
    readonly items: Expression<Taken[]>;
    readonly of: Expression<string>;
    readonly kinds: readonly ChangeKind[];
    /** Where a machine has several of them: state names are the machine's. */
    readonly which?: keyof typeof others;
    /** Where it has to take fewer events than `patienceOf` would. */
    readonly patience?: (kind: ChangeKind) => Patience;
  },
): IChainable {
  const inside = steps.inside();
  const one = variable<Taken>('one');
  const { patience = patienceOf } = what;
  const [again, verb] = what.which === undefined ? ['', 'Undo'] : [` (${what.which})`, others[what.which]];
  const each = byKind(
    inside,
    `Which kind of change?${again}`,
    one,
    what.kinds.filter((kind) => whyItStays(kind) === undefined),
    (kind) => {
      const undo = takeBack(inside, `${verb} ${kind}`, kind, is.run, one.key, patience(kind), what.of);
      return { first: undo, ends: undo.endStates };
    },
    { gone: `${usualNames.gone}${again}`, unknown: `${usualNames.unknown}${again}` },
  );
  const map = MapState.jsonata(steps.scope, `Walk the journal backwards${again}`, {
    maxConcurrency: 1,
    items: ProvideItems.jsonata(what.items.toString()),
    outputs: {},
  });
  const given = inside.remember(`This change${again}`, [assign(one, path<Taken>('$states.input'))]);
  map.itemProcessor(inside.sequence(given, each));
  return steps.caught(map);
}
