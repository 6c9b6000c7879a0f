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
import { failurePath } from '../fragments/failure';
import { carryOut, resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import type { MachineDefinition } from '../machine';
import * as intends from './intentions';
import {
  askHowFar,
  chooseWhatToServeFrom,
  fenceInside,
  hereAt,
  letItCatchUp,
  lookAtBothRegions,
  moveTheRecord,
  recordTheLoss,
  thereAt,
  waitForResolvers,
} from './steps';
import * as is from './values';

/**
 * Cross-region recovery (procedures, Disaster Recovery Plans, Cross-Region Recovery): runs in the second region, and calls no
 * control plane of the first or of us-east-1 that it cannot do without. The primary is fenced as far as it can be reached;
 * the lag is recorded; the replica is promoted, or a replicated backup restored, or a copied snapshot; it is proved; users
 * are led here by records made beforehand. Point of no return: the switch that leads users here.
 */
export function crossRegionRecovery(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Recovery failed');
  const steps = new Steps(scope, functions, failed);

  const resolve = steps.sequence(lookAtBothRegions(steps), measureTheReplica(steps), chooseWhatToServeFrom(steps));
  const work = steps.sequence(
    // A promoted instance reboots: nobody may take the hosts for broken meanwhile.
    suspendAutoScaling(steps),
    // A connection that outlived the change would go on to the database before it.
    stopServices(steps),
    fenceAsFarAsPossible(steps),
    catchUpAsFarAsPossible(steps),
    recordTheLoss(steps),
    steps.either('Is something restored?', is.restores, restore(steps), promote(steps)),
    proveTheCopy(steps, expression<boolean>('false')),
    steps.either('Does it need its name?', is.restores, takeOverTheName(steps)),
    startServices(steps),
    askEachHost(steps),
    awaitTargets(steps),
    carryOut(steps, intends.leadingToTheStandby, moments),
    waitForResolvers(steps),
    awaitOutside(steps),
    resumeAutoScaling(steps),
    steps.either(
      'Is there a replica to keep?',
      intends.replicaIsLeft,
      carryOut(steps, intends.keepingTheReplica, moments),
    ),
    carryOut(steps, intends.backingUpHere, hours),
    Succeed.jsonata(scope, 'Recovered', {
      outputs: { source: is.regionSource.toString(), lossSeconds: is.lossSeconds.toString() },
    }),
  );

  return {
    comment:
      'Serves from the second region after the loss of the first. Started by the front door only, of the stack in the second region: start `recovery` there with {"plan": "cross-region-recovery"}',
    timeout: Duration.hours(16),
    start: resolveThenWork(steps, {
      resolve,
      intends: intends.crossing,
      predicts: {
        durationSeconds: expression<number>("$source.kind = 'replica' ? 900 : 2700"),
        downtimeSeconds: expression<number>("$source.kind = 'replica' ? 780 : 2400"),
        lossSeconds: is.foreseenLoss,
        because:
          'a promotion takes some minutes with its reboot, a restore 10 to 20; then the proofs, healthy targets and the time to live. The loss is what the replica, or the newest backup, does not have yet',
      },
      work,
    }),
  };
}

/** What it has replayed, if it answers. */
function measureTheReplica(steps: Steps): IChainable {
  const silent = steps.remember('The replica does not answer', [assign(is.replication, null)]);
  const ask = askHowFar(steps, 'Measure the replication', {
    key: 'measure-replication',
    at: hereAt,
    to: 'replication',
    rescue: { errors: ['DatabaseUnreachableError'], to: silent },
  });
  return steps.either('Is there a replica to ask?', expression<boolean>('$current.endpoint != null'), {
    ...ask,
    endStates: [...ask.endStates, ...silent.endStates],
  });
}

/** In the database; where a host cannot reach it, around its network; where RDS there does not answer, not at all. */
function fenceAsFarAsPossible(steps: Steps): IChainable {
  const unreachable = steps.either(
    'Does RDS over there answer?',
    expression<boolean>('$there.arn != null'),
    steps.sequence(
      carryOut(steps, intends.fencingItsNetwork, modification),
      steps.remember('It is fenced around its network', [assign(is.fence, 'network')]),
    ),
    steps.remember('It cannot be fenced', [assign(is.fence, 'none')]),
  );
  const inside = fenceInside(steps, {
    // A region that is lost does not vanish: a server may take a connection and never answer on it, or answer with errors.
    errors: ['DatabaseUnreachableError', 'DocumentTimedOutError', 'DocumentFailedError'],
    to: unreachable,
  });
  return steps.either('Is there a primary to fence?', expression<boolean>("$there.status != 'deleted'"), {
    ...inside,
    endStates: [...inside.endStates, ...unreachable.endStates],
  });
}

/** What the fenced primary had written is waited for; otherwise the lag is what it is. */
function catchUpAsFarAsPossible(steps: Steps): IChainable {
  const behind = steps.sequence(
    steps.remember('It has not everything', [assign(is.caughtUp, false)]),
    steps.either(
      'Is there a lag to measure?',
      is.promotes,
      askHowFar(steps, 'Measure the lag', { key: 'measure-lag', at: hereAt, to: 'replication' }),
    ),
  );
  const caught = steps.sequence(
    askHowFar(steps, 'Where the primary ended', { key: 'primary-ended', at: thereAt, to: 'position' }),
    letItCatchUp(steps, hereAt, { errors: ['ReplicaBehindError'], to: behind }),
  );
  return steps.either(
    'Is it fenced in the database, and followed?',
    expression<boolean>(`$fence = 'inside' and ${is.promotes.body}`),
    caught,
    behind,
  );
}

function promote(steps: Steps): IChainable {
  return steps.sequence(
    steps.either('Is the replica still one?', is.promotes, carryOut(steps, intends.promotingTheReplica, modification)),
    steps.remember('The database of this region', [
      assign(is.endpoint, expression<{ address: string; port: number }>('$current.endpoint')),
    ]),
  );
}

function restore(steps: Steps): IChainable {
  return steps.sequence(
    carryOut(steps, intends.restoring, hours),
    carryOut(steps, intends.carryingOver, modification),
    steps.task(
      'Compare every setting',
      databaseTasks['settings-compare'],
      { run: is.run, instance: is.replacement, settings: is.here.settings },
      (compared) => [assign(is.endpoint, compared.endpoint)],
    ),
    carryOut(steps, intends.givingTheMasterLogin, modification),
  );
}

/** The record made beforehand leads to the name: what was restored takes it, and no record has to be changed. */
function takeOverTheName(steps: Steps): IChainable {
  const byName = steps.sequence(
    steps.either(
      'Does a broken replica have it?',
      intends.replicaIsRenamed,
      carryOut(steps, intends.takingTheName, modification),
    ),
    carryOut(steps, intends.givingTheName, modification),
  );
  return steps.either(
    'Has the replica failed, so that it keeps its name?',
    intends.replicaHasFailed,
    moveTheRecord(steps, intends.movingTheRecordThere),
    byName,
  );
}
