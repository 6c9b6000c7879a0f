import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression } from '../../contract/expressions';
import { moments, unhurried } from '../fragments/change';
import { carryOut } from '../fragments/intention';
import type { Steps } from '../fragments/steps';
import * as intends from './intentions';

/**
 * After it serves: the replaced instance is kept until its expiry, the alarms follow, and the new one has a backup of its own.
 * @param old `there` where the plan has made sure that there is one
 */
export function protectAgain(steps: Steps, old: 'there' | 'perhaps gone' = 'perhaps gone'): IChainable {
  const keep = carryOut(steps, intends.keepingTheReplaced, moments);
  return steps.sequence(
    old === 'there'
      ? keep
      : steps.either('Is there an old instance to keep?', expression<boolean>("$current.status != 'deleted'"), keep),
    steps.either(
      'Did the identifier change?',
      expression<boolean>("$description.database.cutOver = 'dns' and $count($description.databaseAlarms) > 0"),
      carryOut(steps, intends.lettingTheAlarmsFollow, moments),
    ),
    carryOut(steps, intends.backingUp, unhurried),
  );
}
