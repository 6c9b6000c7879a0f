import { Pass, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, path } from '../../contract/expressions';
import { closeApplication } from '../fragments/application';
import { moments } from '../fragments/change';
import { fenceInTheDatabase } from '../fragments/fence';
import { carryOut } from '../fragments/intention';
import { assign, rendered, type Steps } from '../fragments/steps';
import * as intends from './intentions';
import * as is from './values';

/**
 * Closes the damaged database so that no write is accepted which the copy will not have: Auto Scaling holds still, users
 * see a maintenance page, the services stop, and the fence stands in the database itself; where that cannot be reached,
 * around its network.
 */
export function closeTheOldDatabase(steps: Steps): IChainable {
  const end = Pass.jsonata(steps.scope, 'The old database is closed', {
    outputs: rendered({ grantees: is.oldGrantees }),
  });

  return steps.sequence(
    closeApplication(steps, () => [assign(is.oldGrantees, expression<string[]>('[]'))]),
    fenceTheOldDatabase(steps),
    end,
  );
}

/** The fence, where there is still something to fence. */
export function fenceTheOldDatabase(steps: Steps): IChainable {
  return steps.either('Is there an old database to fence?', is.lives, fence(steps));

  function fence(within: Steps): IChainable {
    const at = path<{ address: string; port: number }>('$current.endpoint');
    const network = within.sequence(
      // Whoever could connect is not known then: the copy is opened to the description's logins alone.
      within.remember('Nobody can be asked who may connect', [assign(is.oldGrantees, expression<string[]>('[]'))]),
      aroundItsNetwork(within),
    );
    const inside = inTheDatabase(within);
    return { ...inside, endStates: [...inside.endStates, ...network.endStates] };

    /** Whatever RDS says of its status, the database is asked: an instance that is being backed up is open to everybody. */
    function inTheDatabase(inside: Steps): IChainable {
      return fenceInTheDatabase(inside, {
        key: 'inspect-old-database',
        parameters: is.parametersFor(at),
        grantees: is.oldGrantees,
        fencing: intends.fencing,
        rescue: { errors: ['DatabaseUnreachableError'], to: network },
      });
    }

    function aroundItsNetwork(inside: Steps): IChainable {
      return carryOut(inside, intends.fencingItsNetwork, moments);
    }
  }
}
