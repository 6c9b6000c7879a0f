import { parsePolicy } from '../identity';
import { NothingToDamageError, type Scenario } from './scenario';

/**
 * Somebody tightened a policy: every role that may call an action is denied it from now on.
 * @param action `rds:RestoreDBInstanceToPointInTime`
 */
export function deniedPolicy(action: string): Scenario {
  return {
    name: 'denied-policy',
    title: 'A permission that the recovery needs was taken away',
    plan: 'database-recovery',
    inject: ({ roles }) => {
      const holders = roles
        .all()
        .filter(({ policies }) =>
          policies.some(({ statements }) =>
            statements.some(({ effect, actions }) => effect === 'Allow' && actions?.includes(action) === true),
          ),
        );
      if (holders.length === 0) return Promise.reject(new NothingToDamageError(`no role is allowed ${action}`));
      const document = {
        Version: '2012-10-17',
        Statement: { Sid: 'Tightened', Effect: 'Deny', Action: action, Resource: '*' },
      };
      for (const { name } of holders) roles.attach(name, parsePolicy('tightened', document, 'identity'));
      return Promise.resolve({ at: new Date(), what: `${action} was denied to ${holders.length} roles` });
    },
  };
}
