import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression } from '../../contract/expressions';
import { moments, unhurried } from '../fragments/change';
import { carryOut } from '../fragments/intention';
import type { Steps } from '../fragments/steps';
import * as intends from './intentions';

/** After it serves: the replaced instance is kept until its expiry, the alarms follow, and the new one has a backup of its own. */
export function protectAgain(steps: Steps): IChainable {
  return steps.sequence(
    steps.either(
      'Is there an old instance to keep?',
      expression<boolean>("$current.status != 'deleted'"),
      carryOut(steps, intends.keepingTheReplaced, moments),
    ),
    steps.either(
      'Did the identifier change?',
      expression<boolean>("$description.database.cutOver = 'dns' and $count($description.databaseAlarms) > 0"),
      carryOut(steps, intends.lettingTheAlarmsFollow, moments),
    ),
    carryOut(steps, intends.backingUp, unhurried),
  );
}
