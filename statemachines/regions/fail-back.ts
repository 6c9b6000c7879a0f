import { Duration } from 'aws-cdk-lib';
import { Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression } from '../../contract/expressions';
import { databaseTasks } from '../../contract/tasks';
import {
  askEachHost,
  awaitOutside,
  awaitTargets,
  resumeAutoScaling,
  startServices,
  stopServices,
  suspendAutoScaling,
} from '../fragments/application';
import { hours, modification, moments } from '../fragments/change';
import { proveTheCopy } from '../database-recovery/validate';
import { runDocument } from '../fragments/document';
import { failurePath } from '../fragments/failure';
import { carryOut, resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import type { MachineDefinition } from '../machine';
import * as intends from './intentions';
import {
  askHowFar,
  chooseWhatToServeFrom,
  fenceInside,
  letItCatchUp,
  lookAtBothRegions,
  moveTheRecord,
  recordTheLoss,
  thereAt,
  waitForResolvers,
} from './steps';
import * as is from './values';

/**
 * Fail-back: runs in the home region once it is there again. A new replica of the present primary, with every setting of the
 * old one; then that primary is fenced, everything it had written is here, and only then the replica is promoted and users
 * are led home. The old primary's data is never used: it is kept, fenced, until it expires. Point of no return: the switch
 * that leads users home; before it settling opens the other region's database again.
 */
export function failBack(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Fail-back failed');
  const steps = new Steps(scope, functions, failed);

  const resolve = steps.sequence(lookAtBothRegions(steps), chooseWhatToServeFrom(steps));
  const work = steps.sequence(
    // While users are served over there.
    carryOut(steps, intends.replicating, hours),
    carryOut(steps, intends.equipping, modification),
    steps.task(
      'Compare every setting',
      databaseTasks['settings-compare'],
      { run: is.run, instance: is.replacement, settings: is.here.settings },
      (compared) => [assign(is.endpoint, compared.endpoint)],
    ),
    // Once before the fence, so that nobody waits behind it for what could have been waited for before.
    askHowFar(steps, 'Where the primary is', { key: 'primary-is', at: thereAt, to: 'position' }),
    askHowFar(steps, 'Measure the replication', { key: 'measure-replication', at: is.endpoint, to: 'replication' }),
    suspendAutoScaling(steps),
    // Nobody is led here yet, and nothing here may go on with the old primary: not by a connection that is open, nor by a new one.
    stopServices(steps),
    steps.either('Does the old primary live?', is.lives, carryOut(steps, intends.fencingTheOld, modification)),

    // From here on nobody is served.
    fenceInside(steps),
    askHowFar(steps, 'Where the primary ended', { key: 'primary-ended', at: thereAt, to: 'position' }),
    letItCatchUp(steps, is.endpoint),
    measureThePrimary(steps),
    recordTheLoss(steps),
    carryOut(steps, intends.promotingHere, modification),
    proveTheCopy(steps, expression<boolean>('true'), is.primaryMeasure),
    steps.either(
      'By record or by rename?',
      expression<boolean>("$description.database.cutOver = 'rename'"),
      byRename(steps),
      moveTheRecord(steps, intends.movingTheRecord),
    ),
    startServices(steps),
    askEachHost(steps),
    awaitTargets(steps),
    carryOut(steps, intends.leadingHome, moments),
    waitForResolvers(steps),
    awaitOutside(steps),

    // Protect it again.
    resumeAutoScaling(steps),
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
    carryOut(steps, intends.backingUp, hours),
    Succeed.jsonata(scope, 'Back home', {
      outputs: { serving: is.serving.toString(), lossSeconds: is.lossSeconds.toString() },
    }),
  );

  return {
    comment:
      'Goes back from the second region to the first, without losing a row. Started by the front door only, of the stack in the home region: start `recovery` there with {"plan": "fail-back"}',
    timeout: Duration.hours(16),
    start: resolveThenWork(steps, {
      resolve,
      intends: intends.returning,
      predicts: {
        durationSeconds: 3600,
        downtimeSeconds: 780,
        lossSeconds: 0,
        because:
          'a new replica takes 20 to 40 minutes, in which users are served; they wait from the fence on, while it catches up, is promoted and proved, and for the time to live',
      },
      work,
    }),
  };
}

/** Nobody writes to it any more: what is here has to be the same, row by row. */
function measureThePrimary(steps: Steps): IChainable {
  return runDocument(steps, 'Measure the fenced primary', {
    document: 'probe-integrity',
    run: is.run,
    key: 'measure-primary',
    hosts: is.firstHost,
    parameters: {
      ...is.parametersFor(thereAt),
      SchemaVersion: is.schemaVersion,
      Checks: is.checkList,
      StatementTimeoutSeconds: '800',
    },
    executionTimeoutSeconds: 1800,
    keep: (_results, only) => [assign(is.primaryMeasure, only)],
  });
}

/** For `verify-full` and IAM authentication (docs/adr/0005). An old primary that is gone has no name to give. */
function byRename(steps: Steps): IChainable {
  return steps.sequence(
    steps.either(
      'Has an old instance the name?',
      expression<boolean>("$current.status != 'deleted'"),
      carryOut(steps, intends.takingTheOldName, modification),
    ),
    carryOut(steps, intends.givingTheNameBack, modification),
  );
}
