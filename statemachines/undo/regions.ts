import { Wait, WaitTime, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, path, variable, type Expression, type Path } from '../../contract/expressions';
import type { IntegrityMeasure } from '../../contract/documents';
import { applicationTasks, undoTasks } from '../../contract/tasks';
import { walks } from '../../contract/undo';
import type { WayBack } from '../../contract/tasks/undo-regions';
import { replaced } from '../database-recovery/values';
import type { ChangeKind } from '../../contract/changes';
import { anHour, modification, moments, takeBack } from '../fragments/change';
import { carryOut, intend, type Intention } from '../fragments/intention';
import { assign, type Assignment, type Steps } from '../fragments/steps';
import * as is from '../fragments/values';
import { patienceOf, walkBackwards, type Taken } from '../fragments/walk';
import { sixHours } from './restore';

/**
 * Undoing a move between regions (docs/adr/0012): while the database here is fenced, the one over there is proved, opened, and
 * its application healthy, before users are led to it; only then anything here is taken back. A replica that was promoted is
 * made anew.
 */

/** Null where the run moved nothing between regions. */
export const regions = variable<{ instead: string } | null>('regions');
const wayBack = variable<WayBack | null>('wayBack');
const way = path<WayBack>('$wayBack');
const replica = path<NonNullable<WayBack['replica']>>('$wayBack.replica');

export const isBetweenRegions = expression<boolean>('$regions != null');
export const instead = expression<string | null>('$regions = null ? null : $regions.instead');
const wasPromoted = expression<boolean>("$wayBack != null and $type($wayBack.replica) = 'object'");

/** Before anything is read: what only a move between regions gives a value to. */
export const notLookedYet: Assignment = { name: wayBack.body.slice(1), value: null };

/** How long it takes, seconds: what was restored or promoted is fast to leave, and a replica takes 20 to 40 minutes. */
export const durationSeconds = expression<number>(`$wayBack = null ? 600 : (${wasPromoted.body}) ? 3600 : 1200`);

const givingTheNameAway = intend('instance-rename', {
  step: 'Rename the promoted instance',
  key: 'rename-promoted',
  target: { from: replica.instance, to: replaced },
  when: wasPromoted,
});
const keeping = intend('kept-instance', {
  step: 'Keep the promoted instance',
  key: 'keep-promoted',
  target: { instance: replaced, expiresInDays: is.description.database.keepReplacedDays },
  upon: 'rename-promoted',
  when: wasPromoted,
});
const following = intend('region-replica', {
  step: 'Make the replica anew',
  key: 'replica-anew',
  target: { instance: replica.instance, source: replica.source, settings: replica.settings, expiresInDays: null },
  upon: 'rename-promoted',
  when: wasPromoted,
});
const equipping = intend('database-settings', {
  step: 'Give the replica its settings',
  key: 'replica-settings',
  target: { instance: replica.instance, settings: replica.settings },
  upon: 'replica-anew',
  when: wasPromoted,
});

/** In the order in which they are made. */
export const followingAgain: readonly Intention[] = [givingTheNameAway, keeping, following, equipping];

/** Whether there is a way back at all: asked before either database is. */
export function lookAtBothRegions(steps: Steps, of: Expression<string>): IChainable {
  return steps.task(
    'Look at both regions',
    undoTasks['undo-regions'],
    { run: is.run, of, description: is.description },
    (found) => [assign(wayBack, path<WayBack | null>(found.body))],
  );
}

/** What the database over there holds, by a measure from behind its fence. */
export function prove(
  steps: Steps,
  name: string,
  what: { readonly of: Expression<string>; readonly measure: Path<IntegrityMeasure>; readonly isFenced: boolean },
): IChainable {
  return steps.task(name, undoTasks['undo-prove'], { run: is.run, ...what });
}

/** The database over there is opened, its application asked, and users are led to it. The point of no return is the last. */
export function leadUsersBack(steps: Steps, of: Expression<string>): IChainable {
  return steps.sequence(
    takeBack(steps, 'Open the database over there', 'database-fence', is.run, way.opens, moments, of),
    askOutside(steps, 'Healthy over there', way.publicUrl),
    takeBack(steps, 'Lead users back', 'region-traffic', is.run, way.leads, moments, of),
    Wait.jsonata(steps.scope, 'Wait until resolvers have forgotten this region', {
      time: WaitTime.seconds('{% $wayBack.ttlSeconds %}'),
    }),
    askOutside(steps, 'Users are served over there', is.description.publicUrl),
  );
}

/** Its connections were refused for as long as its database was fenced: what crashed of it has been started again by systemd. */
function askOutside(steps: Steps, name: string, publicUrl: Path<string>): IChainable {
  return steps.sequence(
    steps.fromNow(name),
    steps.until(
      name,
      applicationTasks['outside-check'],
      { publicUrl },
      // A target counts as healthy after five checks of 30 s (ELB, default settings): about ten minutes in all.
      { firstSeconds: 5, longestSeconds: 30, rounds: 24 },
      (answer) => answer.healthy,
    ),
  );
}

/** RDS renames within minutes; this machine has a replica to wait for as well, and its history an end. */
const patience = (kind: ChangeKind) => (patienceOf(kind) === modification ? anHour : patienceOf(kind));

/** Users are served over there meanwhile: the rest of the run is taken back, and what was promoted gets a successor. */
export function takeBackHere(
  steps: Steps,
  what: { readonly items: Expression<Taken[]>; readonly of: Expression<string> },
): IChainable {
  return steps.sequence(
    walkBackwards(steps, { ...what, kinds: walks.region, which: 'third', patience }),
    steps.either(
      'Was a replica promoted?',
      wasPromoted,
      steps.sequence(
        carryOut(steps, givingTheNameAway, anHour),
        carryOut(steps, keeping, moments),
        carryOut(steps, following, sixHours),
        carryOut(steps, equipping, anHour),
      ),
    ),
  );
}
