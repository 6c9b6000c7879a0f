import { Duration } from 'aws-cdk-lib';
import { Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { openApplication } from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { failurePath } from '../fragments/failure';
import { resolveThenWork } from '../fragments/intention';
import { Steps, type Functions } from '../fragments/steps';
import type { MachineDefinition } from '../machine';
import { chooseSourceAndMoment, predicts } from './choose';
import { closeTheOldDatabase } from './close';
import { cutOver } from './cut-over';
import { intentions } from './intentions';
import { protectAgain } from './protect';
import { restoreWhile } from './restore';
import { validateTheCopy } from './validate';
import * as is from './values';

/**
 * Database recovery (procedures, System Recovery, Database Recovery; Data Recovery, Point-in-Time Recovery): restores a
 * new instance to the last good moment beside the old one, proves it, and cuts over. The old one is fenced and kept.
 * Point of no return: the record, or the name, that leads to the replacement. Before it settling switches back by the
 * journal; after it settling calls a person.
 */
export function databaseRecovery(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Recovery failed');
  const steps = new Steps(scope, functions, failed);

  const resolve = steps.sequence(checkTheRight(steps), findTheHosts(steps), chooseSourceAndMoment(steps));
  const work = steps.sequence(
    restoreWhile(steps, 'Restore, and meanwhile close the old database', closeTheOldDatabase),
    validateTheCopy(steps),
    cutOver(steps),
    openApplication(steps),
    protectAgain(steps),
    Succeed.jsonata(scope, 'Recovered', {
      outputs: { replacement: is.serving.toString(), source: is.source.toString() },
    }),
  );

  return {
    comment:
      'Recovers the database to its last good moment. Started by the front door only: start `recovery` with {"plan": "database-recovery"}',
    timeout: Duration.hours(16),
    start: resolveThenWork(steps, { resolve, intends: intentions, predicts, work }),
  };
}
