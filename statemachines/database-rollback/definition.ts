import { Duration } from 'aws-cdk-lib';
import { Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, path } from '../../contract/expressions';
import { chooseSourceAndMoment } from '../database-recovery/choose';
import { cutOver } from '../database-recovery/cut-over';
import * as recovers from '../database-recovery/intentions';
import { protectAgain } from '../database-recovery/protect';
import { restoreBeside } from '../database-recovery/restore';
import { validateTheCopy } from '../database-recovery/validate';
import * as is from '../database-recovery/values';
import { closeApplication, closing, openApplication } from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { hours } from '../fragments/change';
import { failurePath } from '../fragments/failure';
import { fenceInTheDatabase } from '../fragments/fence';
import { carryOut, resolveThenWork, unread } from '../fragments/intention';
import { safetySnapshot, takingTheSafetySnapshot } from '../fragments/safety';
import { assign, Steps, type Functions } from '../fragments/steps';
import type { MachineDefinition } from '../machine';
import { countWhatIsLeftBehind, measureThePresentState, requireAPresentState } from './left-behind';

const safety = takingTheSafetySnapshot(is.current.instanceIdentifier);
const oldEndpoint = path<{ address: string; port: number }>('$current.endpoint');

/**
 * Database rollback (procedures, Rollback Procedures, Database Rollback): everything is closed and fenced first, since each
 * write that is accepted from now on would be left behind; then a snapshot of the present state, into which nobody can
 * write any more; then a new instance of the wanted moment, as in a recovery. The old one is kept as well. What is left
 * behind is counted. Point of no return: the record, or the name, that leads to the copy.
 */
export function databaseRollback(scope: Construct, functions: Functions): MachineDefinition {
  const steps = new Steps(scope, functions, failurePath(scope, 'Rollback failed'));
  return {
    comment:
      'Takes the database back to a moment or a snapshot. Started by the front door only: start `recovery` with {"plan": "database-rollback", "restoreTime": "2026-11-23T02:13:40Z"}',
    timeout: Duration.hours(16),
    start: resolveThenWork(steps, {
      resolve: steps.sequence(
        checkTheRight(steps),
        findTheHosts(steps),
        chooseSourceAndMoment(steps),
        requireAPresentState(
          steps,
          expression<boolean>(`$not(${is.lives.body})`),
          expression<string>(
            "'the instance ' & $current.instanceIdentifier & ' is ' & $current.status & ', so its present state cannot be backed up first.'",
          ),
        ),
      ),
      intends: [
        ...closing,
        unread(recovers.fencing),
        safety,
        ...recovers.intentions.filter(({ key }) => !already.includes(key)),
      ],
      predicts: {
        durationSeconds: 2400,
        downtimeSeconds: 1800,
        lossSeconds: is.predictedLossSeconds,
        because:
          'a snapshot takes about ten minutes and a restore by RDS 10 to 20, one after the other and with the application closed; the loss is counted from the chosen moment to now, and is in the snapshot',
      },
      work: steps.sequence(
        closeAndFence(steps),
        carryOut(steps, safety, hours),
        measureThePresentState(steps, { hosts: is.firstHost, connection: is.parametersFor(oldEndpoint) }),
        restoreBeside(steps),
        steps.remember('The copy stands', [
          assign(is.endpoint, is.copyEndpoint),
          assign(is.grantees, expression<string[]>('[$oldGrantees]')),
        ]),
        validateTheCopy(steps),
        countWhatIsLeftBehind(steps, expression<string>(`'the snapshot ' & ${safetySnapshot.body}`)),
        cutOver(steps),
        openApplication(steps),
        protectAgain(steps, 'there'),
        Succeed.jsonata(scope, 'Rolled back', {
          outputs: {
            replacement: is.serving.toString(),
            source: is.source.toString(),
            safetySnapshot: safetySnapshot.toString(),
          },
        }),
      ),
    }),
  };
}

/** What is listed in an order of its own; a fence around the network alone lets open connections write on. */
const already = [...closing.map(({ key }) => key), recovers.fencing.key, recovers.fencingItsNetwork.key];

/** A database that cannot be reached ends the run: without a fence inside nobody knows what the snapshot would lack. */
function closeAndFence(steps: Steps): IChainable {
  return steps.sequence(
    closeApplication(steps, () => [assign(is.oldGrantees, expression<string[]>('[]'))]),
    fenceInTheDatabase(steps, {
      key: 'inspect-old-database',
      parameters: is.parametersFor(oldEndpoint),
      grantees: is.oldGrantees,
      fencing: recovers.fencing,
    }),
  );
}
