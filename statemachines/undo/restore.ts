import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { IntegrityMeasure } from '../../contract/documents';
import { expression, variable, type Expression } from '../../contract/expressions';
import { undoTasks } from '../../contract/tasks';
import { cutOver } from '../database-recovery/cut-over';
import * as recovers from '../database-recovery/intentions';
import { finishTheCopy } from '../database-recovery/restore';
import { proveTheCopy } from '../database-recovery/validate';
import * as database from '../database-recovery/values';
import { anHour, moments } from '../fragments/change';
import { carryOut, type Intention } from '../fragments/intention';
import { assign, type Assignment, type Patience, type Steps } from '../fragments/steps';
import * as is from '../fragments/values';

/** The snapshot from before the run's migrations; null where it undid none, and nothing is restored. */
export const snapshot = variable<string | null>('snapshot');
/** What the run measured right before it was taken. */
const baseline = variable<IntegrityMeasure | null>('baseline');
export const restores = expression<boolean>('$snapshot != null');

/** What a recovery of the database changes beside its fence, of which this plan has one of its own. */
const restoring: readonly Intention[] = [
  recovers.replacing,
  recovers.carryingOver,
  recovers.givingTheMasterLogin,
  recovers.movingTheRecord,
  recovers.takingTheName,
  recovers.givingTheName,
  recovers.keepingTheReplaced,
  recovers.lettingTheAlarmsFollow,
  recovers.backingUp,
];

/** The same, where something is restored at all. */
export const restoringIntends: readonly Intention[] = restoring.map((each) => ({
  ...each,
  when: each.when === undefined ? restores : expression<boolean>(`${restores.body} ? (${each.when.body}) : false`),
}));

/** Whoever may connect to the present one, and nobody else; that the logins are among them is tried. */
const whoeverCould = expression<string>(
  "$join([$count($grantees) = 0 ? $description.database.logins.role : $grantees], ' ')",
);

/** As `hours`, asked less often since this machine has a walk as well: the last pauses three minutes, are more than 5 hours. */
const fiveHours: Patience = { firstSeconds: 15, longestSeconds: 180, rounds: 110 };
/** As `unhurried`, for the same reason: the last pauses ten minutes. */
export const sixHours: Patience = { firstSeconds: 15, longestSeconds: 600, rounds: 44 };

/** Until it is known whether anything is restored. */
export const nothingRestored: readonly Assignment[] = [
  { name: 'current', value: null },
  { name: 'source', value: null },
  { name: 'endpoint', value: null },
  { name: 'baseline', value: null },
  assign(database.baselineTakenAt, null),
  assign(database.baselineThrough, expression<Record<string, string>>('{}')),
];

/** For resolving: the snapshot is there, and it is known what it has to hold. Changes nothing. */
export function findTheSnapshot(steps: Steps, of: Expression<string>): IChainable {
  return steps.task(
    'Look for the snapshot',
    undoTasks['undo-source'],
    { run: is.run, of, snapshot: expression<string>('$snapshot'), database: is.description.database },
    (found) => [
      assign(database.current, found.current),
      assign(database.source, found.source),
      assign(baseline, expression<IntegrityMeasure | null>(found.baseline.body)),
      assign(database.baselineTakenAt, found.baselineTakenAt),
      assign(database.baselineThrough, expression<Record<string, string>>(found.baselineThrough.body)),
    ],
  );
}

/**
 * As a recovery of the database from a snapshot (statemachines/database-recovery), behind the fence that stands already: a new
 * instance with every setting of the present one, proved, and only then the record, or the name; the present instance is kept,
 * and serves again where this fails before that.
 */
export function restoreAndCutOver(steps: Steps): IChainable {
  return steps.sequence(
    carryOut(steps, recovers.replacing, fiveHours),
    finishTheCopy(steps),
    steps.remember('The copy stands', [assign(database.endpoint, database.copyEndpoint)]),
    carryOut(steps, recovers.givingTheMasterLogin, anHour),
    // What was measured behind the fence is of exactly the snapshot's moment.
    proveTheCopy(steps, expression<boolean>('$baseline != null'), baseline, whoeverCould),
    cutOver(steps),
    carryOut(steps, recovers.keepingTheReplaced, moments),
    steps.either(
      'Did the identifier change?',
      expression<boolean>("$description.database.cutOver = 'dns' and $count($description.databaseAlarms) > 0"),
      carryOut(steps, recovers.lettingTheAlarmsFollow, moments),
    ),
  );
}

/** Once it serves: the copy has a backup of its own. */
export function backUpTheCopy(steps: Steps): IChainable {
  return carryOut(steps, recovers.backingUp, sixHours);
}
