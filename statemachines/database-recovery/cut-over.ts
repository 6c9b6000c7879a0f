import { Wait, WaitTime, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression } from '../../contract/expressions';
import { anHour, moments } from '../fragments/change';
import { carryOut } from '../fragments/intention';
import { assign, type Steps } from '../fragments/steps';
import * as intends from './intentions';
import * as is from './values';

/** Leads the application to the copy: the point of no return. */
export function cutOver(steps: Steps): IChainable {
  return steps.either(
    'By record or by rename?',
    expression<boolean>("$description.database.cutOver = 'rename'"),
    byRename(steps),
    byRecord(steps),
  );
}

/** The application finds the replacement by its record; resolvers may keep the old answer for the record's TTL. */
function byRecord(steps: Steps): IChainable {
  return steps.sequence(
    carryOut(steps, intends.movingTheRecord, moments, (moved) => [
      assign(
        is.oldTtlSeconds,
        expression<number>(
          `$exists(${moved.detail.body}.previousTtlSeconds) ? ${moved.detail.body}.previousTtlSeconds : 0`,
        ),
      ),
    ]),
    Wait.jsonata(steps.scope, "Wait for the record's time to live", {
      // Resolvers keep the old record for the old record's time.
      time: WaitTime.seconds('{% $max([$description.database.recordTtlSeconds, $oldTtlSeconds]) %}'),
    }),
  );
}

/** For `verify-full` and IAM authentication: the name of the old instance goes to the replacement (docs/adr/0005). */
function byRename(steps: Steps): IChainable {
  return steps.sequence(carryOut(steps, intends.takingTheName, anHour), carryOut(steps, intends.givingTheName, anHour));
}
