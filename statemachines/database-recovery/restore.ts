import { Parallel, Pass, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, path } from '../../contract/expressions';
import { databaseTasks } from '../../contract/tasks';
import { hours, modification } from '../fragments/change';
import { carryOut } from '../fragments/intention';
import { assign, assigned, rendered, type Steps } from '../fragments/steps';
import * as intends from './intentions';
import * as is from './values';

/**
 * The restore, which is the long pole, and whatever does not have to wait for it. Ends with the copy's endpoint and who could
 * connect to the old database, which the other branch has to end with.
 */
export function restoreWhile(steps: Steps, name: string, meanwhile: (inside: Steps) => IChainable): IChainable {
  const besideEachOther = Parallel.jsonata(steps.scope, name, {
    assign: assigned([
      assign(is.endpoint, path<{ address: string; port: number }>('$states.result[0].endpoint')),
      assign(is.grantees, expression<string[]>('[$states.result[1].grantees]')),
    ]),
    outputs: {},
  });
  const inside = steps.inside();
  const stands = Pass.jsonata(steps.scope, 'The copy stands', { outputs: rendered({ endpoint: is.copyEndpoint }) });
  besideEachOther.branch(inside.sequence(restoreBeside(inside), stands), meanwhile(steps.inside()));
  return steps.caught(besideEachOther);
}

/** A new instance beside the old one, with every setting of the source. Ends with the copy's endpoint in `copyEndpoint`. */
export function restoreBeside(steps: Steps): IChainable {
  return steps.sequence(
    awaitTheMomentToRestore(steps),
    carryOut(steps, intends.replacing, hours),
    finishTheCopy(steps),
  );
}

/**
 * A moment of some minutes ago cannot be restored yet: it is waited for, since an older one would lose more. "Latest" means
 * everything that was accepted, so it waits for the fence and then until the restorable time has passed it.
 */
export function awaitTheMomentToRestore(steps: Steps): IChainable {
  return steps.either(
    'Is the moment one of a living instance?',
    expression<boolean>(`$source.kind = 'point-in-time' and ${is.lives.body}`),
    awaitTheMoment(steps),
  );
}

/** What a restore could not take is set afterwards; then nothing may differ. Ends with `copyEndpoint`. */
export function finishTheCopy(steps: Steps): IChainable {
  const { run, current } = is;
  return steps.sequence(
    carryOut(steps, intends.carryingOver, modification),
    steps.task(
      'Compare every setting',
      databaseTasks['settings-compare'],
      { run, instance: is.replacement, settings: current.settings },
      (compared) => [assign(is.copyEndpoint, compared.endpoint)],
    ),
  );
}

function awaitTheMoment(steps: Steps): IChainable {
  const wait = 'Wait until the moment can be restored';
  return steps.sequence(
    steps.fromNow(wait),
    steps.until(
      wait,
      databaseTasks['restorable-await'],
      { run: is.run, source: is.source, current: is.current, fenceKeys: [is.keys.fence, is.keys.networkFence] },
      // LatestRestorableTime trails by about five minutes (RDS guide); "latest" waits for the services' stop as well.
      // 44 rounds are 38 minutes.
      { firstSeconds: 5, longestSeconds: 60, rounds: 44 },
      (answer) => answer.done,
    ),
  );
}
