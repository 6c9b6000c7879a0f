import { Pass, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, path } from '../../contract/expressions';
import { databaseTasks } from '../../contract/tasks';
import { change, hours, modification } from '../fragments/change';
import { assign, rendered, startOfWait, type Steps } from '../fragments/steps';
import * as is from './values';

/**
 * The long pole, begun first: a new instance beside the old one, with every setting of the source. "Latest" means
 * everything that was accepted, so it waits for the fence and then until the restorable time has passed it.
 */
export function restoreBeside(steps: Steps): IChainable {
  const { run, description, current } = is;
  return steps.sequence(
    steps.either(
      'Everything up to the fence?',
      expression<boolean>("$source.moment = 'latest' and $current.status = 'available'"),
      awaitTheFence(steps),
    ),
    change(
      steps,
      'Restore beside the old instance',
      'database-replacement',
      run,
      {
        key: is.keys.replacement,
        target: {
          instance: is.replacement,
          source: is.source,
          settings: is.settings,
          expiresInDays: description.database.keepReplacedDays,
        },
      },
      hours,
    ),
    change(
      steps,
      'Carry over what a restore cannot take',
      'database-settings',
      run,
      {
        key: is.keys.settings,
        target: { instance: is.replacement, settings: current.settings },
      },
      modification,
    ),
    steps.task(
      'Compare every setting',
      databaseTasks['settings-compare'],
      { run, instance: is.replacement, settings: current.settings },
      (compared) => [assign(is.copyEndpoint, compared.endpoint)],
    ),
    Pass.jsonata(steps.scope, 'The copy stands', { outputs: rendered({ endpoint: is.copyEndpoint }) }),
  );
}

function awaitTheFence(steps: Steps): IChainable {
  const { run, current } = is;
  const args = {
    run,
    fenceKey: is.keys.fence,
    resourceId: current.resourceId,
    instanceIdentifier: current.instanceIdentifier,
  };
  const wait = 'The restorable time has passed the fence';
  return steps.sequence(
    steps.task('Look for the fence', databaseTasks['fence-await'], args, () => [startOfWait(wait)]),
    steps.until(
      wait,
      databaseTasks['fence-await'],
      args,
      // LatestRestorableTime trails by about five minutes (RDS guide); the services' stop comes before. 60 rounds are 30 minutes.
      { firstSeconds: 10, longestSeconds: 30, rounds: 60 },
      () => path<boolean>('$states.result.Payload.done'),
    ),
  );
}
