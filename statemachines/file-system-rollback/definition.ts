import { Duration } from 'aws-cdk-lib';
import { Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, variable, type Expression } from '../../contract/expressions';
import { volumeTasks } from '../../contract/tasks';
import { closeApplication, closing, openApplication } from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { merging, moments, takeBack } from '../fragments/change';
import { runDocument } from '../fragments/document';
import { failurePath } from '../fragments/failure';
import { carryOut, intend, resolveThenWork, type Intention } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import * as is from '../fragments/values';
import { findTheVolumes, inspected, inspectVolumes, stamp, volume, volumeParameters } from '../fragments/volume';
import type { MachineDefinition } from '../machine';

const snapshot = variable<string>('snapshot');
const takenAt = variable<string>('takenAt');
const mounted = variable<string[]>('mounted');
const rewritesMegabytes = variable<Record<string, number>>('rewritesMegabytes');
const lossSeconds = variable<number>('lossSeconds');
const mergeSeconds = variable<number>('mergeSeconds');

const safety = expression<string>(`'lifeboat-' & ${stamp.body} & '-before'`);
const otherHosts = expression<string[]>('[$hosts[[1..$count($hosts)-1]]]');
const areOthers = expression<boolean>('$count($hosts) > 1');

/**
 * File-system rollback (procedures, Rollback Procedures, File System Rollback): takes the volume with the application's
 * files back to the previous snapshot, first on one host, whose health is asked for, then on the others. What is there now
 * is kept in a safety snapshot, which the undo of the merge merges back. No point of no return: a run that fails is taken
 * back on every host, so that all of them have the same files.
 */
export function fileSystemRollback(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Rollback failed');
  const steps = new Steps(scope, functions, failed);
  const first = intentionsOn('the first host', 'first-host', is.firstHost);
  const others = intentionsOn('the other hosts', 'other-hosts', otherHosts, areOthers);

  const flow = resolveThenWork(steps, {
    resolve: steps.sequence(
      checkTheRight(steps),
      findTheHosts(steps),
      findTheVolumes(steps),
      chooseSnapshot(steps),
      inspectVolumes(steps, 'Check the snapshot', 'check-snapshot', snapshot, 1800),
    ),
    intends: [...closing, first.close, first.merge, others.close, others.merge],
    predicts: {
      // One host after another, at worst two rounds; services and targets take about two minutes (five checks of 30 s).
      durationSeconds: expression<number>(`${mergeSeconds.body} * ($count($hosts) > 1 ? 2 : 1) + 180`),
      downtimeSeconds: expression<number>(`${mergeSeconds.body} * ($count($hosts) > 1 ? 2 : 1) + 150`),
      lossSeconds,
      because: 'what was changed since the snapshot is rewritten at 20 MiB a second, read and kept before',
    },
    work: steps.sequence(
      closeApplication(steps),
      rollBack(steps, 'the first host', 'first-host', is.firstHost, first),
      startOnTheFirst(steps),
      steps.either(
        'Are there other hosts?',
        areOthers,
        rollBack(steps, 'the other hosts', 'other-hosts', otherHosts, others),
      ),
      openApplication(steps),
      Succeed.jsonata(scope, 'Rolled back', {
        outputs: { snapshot: snapshot.toString(), takenAt: takenAt.toString(), safety: safety.toString() },
      }),
    ),
  });

  return {
    comment:
      'Takes the files of the application back to a snapshot. Started by the front door only: start `recovery` with {"plan": "file-system-rollback"}',
    timeout: Duration.hours(16),
    start: flow,
  };
}

function chooseSnapshot(steps: Steps): IChainable {
  return steps.task(
    'Choose the snapshot',
    volumeTasks['snapshot-choose'],
    { run: is.run, request: is.request, volume, inspected },
    (chosen) => [
      assign(snapshot, chosen.snapshot),
      assign(takenAt, chosen.takenAt),
      assign(mounted, expression<string[]>(`[${chosen.mounted.body}]`)),
      assign(rewritesMegabytes, expression<Record<string, number>>(chosen.rewritesMegabytes.body)),
      assign(lossSeconds, chosen.lossSeconds),
      assign(mergeSeconds, chosen.mergeSeconds),
    ],
  );
}

interface OnHosts {
  readonly close: Intention<'volume-closed'>;
  readonly merge: Intention<'volume-merge'>;
}

function intentionsOn(which: string, key: string, hosts: Expression<string[]>, when?: Expression<boolean>): OnHosts {
  const only = when === undefined ? {} : { when };
  return {
    close: intend('volume-closed', {
      step: `Close the volume on ${which}`,
      key: `close-${key}`,
      target: { hosts, volume },
      before: { mounted },
      ...only,
    }),
    merge: intend('volume-merge', {
      step: `Merge the snapshot on ${which}`,
      key: `merge-${key}`,
      target: { hosts, volume, services: is.description.hosts.services, snapshot, safety },
      before: { rewritesMegabytes },
      ...only,
    }),
  };
}

/** Unmounts, merges, checks, mounts. */
function rollBack(
  steps: Steps,
  which: string,
  key: string,
  hosts: Expression<string[]>,
  { close, merge }: OnHosts,
): IChainable {
  return steps.sequence(
    carryOut(steps, close, moments),
    carryOut(steps, merge, merging),
    runDocument(steps, `Check the file system on ${which}`, {
      document: 'check-volume',
      run: is.run,
      key: `check-file-system-${key}`,
      hosts,
      parameters: { ...volumeParameters, AllowRepair: expression<'yes' | 'no'>("$volume.allowRepair ? 'yes' : 'no'") },
      executionTimeoutSeconds: 1800,
    }),
    runDocument(steps, `Mount the volume on ${which}`, {
      document: 'open-volume',
      run: is.run,
      key: `mount-${key}`,
      hosts,
      parameters: { ...volumeParameters, MountPoint: volume.mountPoint, MountUnit: volume.mountUnit },
      executionTimeoutSeconds: 300,
    }),
    // Where it was mounted before; mounting again changes nothing.
    takeBack(steps, `Note that it is mounted on ${which}`, 'volume-closed', is.run, close.key, moments),
  );
}

/** The first host serves from the snapshot's files, behind the page, before any other host is touched. */
function startOnTheFirst(steps: Steps): IChainable {
  return steps.sequence(
    runDocument(steps, 'Start the services on the first host', {
      document: 'start-services',
      run: is.run,
      key: 'start-first-host',
      hosts: is.firstHost,
      parameters: { Services: is.servicesInStartOrder },
      executionTimeoutSeconds: 300,
    }),
    runDocument(steps, 'Ask the first host whether it is healthy', {
      document: 'check-health',
      run: is.run,
      key: 'check-first-host',
      hosts: is.firstHost,
      parameters: { HealthUrl: is.description.hosts.healthUrl, Attempts: '30', SecondsBetween: '2' },
      executionTimeoutSeconds: 400,
    }),
  );
}
