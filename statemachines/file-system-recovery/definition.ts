import { Duration } from 'aws-cdk-lib';
import { Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, type Expression } from '../../contract/expressions';
import { fileTasks } from '../../contract/tasks';
import {
  askEachHost,
  awaitHealth,
  resumeAutoScaling,
  suspendReplacement,
  suspendingReplacement,
} from '../fragments/application';
import { batchAfterBatch, batches, standingBy } from '../fragments/batches';
import { checkTheRight, findTheHosts, noHostHasCome } from '../fragments/begin';
import { change, moments } from '../fragments/change';
import { runDocument } from '../fragments/document';
import { failurePath } from '../fragments/failure';
import { carryOut, intend, resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions, type Patience } from '../fragments/steps';
import * as is from '../fragments/values';
import { findTheVolumes, inspected, inspectVolumes, stamp, volume } from '../fragments/volume';
import type { MachineDefinition } from '../machine';
import * as the from './values';

/** A merge and its check take what they take; each question costs events, and there are many batches: two and a half hours. */
const restoring: Patience = { firstSeconds: 3, longestSeconds: 300, rounds: 40 };
/** Six hours, as `files-staged` lets a host take. */
const unpacking: Patience = { firstSeconds: 3, longestSeconds: 300, rounds: 84 };

const staging = intend('files-staged', {
  step: 'Unpack the archive beside the files',
  key: 'stage-files',
  target: {
    hosts: is.hosts,
    source: the.source,
    folder: volume.mountPoint,
    serving: is.description.hosts.folder,
    backupFolder: the.files.backupFolder,
    keepReplacedDays: the.files.keepReplacedDays,
  },
  when: the.isArchive,
});

const makingVolumes = intend('files-volume', {
  step: 'Make volumes from the snapshot',
  key: 'make-volumes',
  target: {
    hosts: is.hosts,
    source: the.source,
    volume,
    deviceName: the.files.deviceName,
    aside: the.aside,
    keepReplacedDays: the.files.keepReplacedDays,
  },
  when: the.isDisk,
});

const keepingVolumes = intend('kept-volume', {
  step: 'Keep the replaced volumes',
  key: 'keep-volumes',
  target: { volumes: expression<string[]>('[$source.disks.*]'), keepReplacedDays: the.files.keepReplacedDays },
  when: the.isDisk,
});

/** The files on hosts, the same for a batch of them as for all. */
const restoringOn = (hosts: Expression<string[]>) =>
  intend('files', {
    step: 'Restore the files',
    key: 'files',
    target: {
      hosts,
      source: the.source,
      volume,
      services: is.description.hosts.services,
      healthUrl: is.description.hosts.healthUrl,
      aside: the.aside,
      before: the.before,
      keepReplacedDays: the.files.keepReplacedDays,
    },
    before: { mounted: the.mounted },
  });

/**
 * File-system recovery (procedures, Data Recovery, File System Recovery): the application's files from a snapshot of the
 * volume, from a backup on the host or from a bucket, whichever sound one is newest or was asked for. It is proved sound before
 * anything is stopped. One host first, out of service; a host that is healthy with its files keeps them, where another fails.
 */
export function fileSystemRecovery(scope: Construct, functions: Functions): MachineDefinition {
  const steps = new Steps(scope, functions, failurePath(scope, 'The files were not restored'));

  return {
    comment:
      'Puts the files of the application back from a snapshot or a backup, host after host. Started by the front door only: start `recovery` with {"plan": "file-system-recovery"}',
    timeout: Duration.hours(16),
    start: resolveThenWork(steps, {
      resolve: steps.sequence(
        checkTheRight(steps),
        findTheHosts(steps),
        findTheVolumes(steps),
        findTheSources(steps),
        chooseTheSource(steps),
      ),
      intends: [staging, makingVolumes, suspendingReplacement, standingBy, restoringOn(is.hosts), keepingVolumes],
      predicts: {
        // Each batch drains for 300 s (ELB's default) and comes back.
        durationSeconds: expression<number>(
          `${the.prepareSeconds.body} + (420 + ${the.restoreSeconds.body}) * $count([$batches])`,
        ),
        downtimeSeconds: expression<number>(`$count([$hosts]) > 1 ? 0 : ${the.restoreSeconds.body}`),
        lossSeconds: the.lossSeconds,
        because:
          'a target drains for 300 s by default; files are unpacked, or rewritten by a merge, at 20 MiB a second; only a host that is alone stays in service',
      },
      work: steps.sequence(
        // What takes long, and what most often fails, before anything that serves is touched.
        steps.either('Does it have to be unpacked?', the.isArchive, carryOut(steps, staging, unpacking)),
        steps.either('Is it a snapshot of the disk?', the.isDisk, carryOut(steps, makingVolumes, unpacking)),
        suspendReplacement(steps),
        // Unpacking may have taken hours.
        noHostHasCome(steps, 'Compare the hosts'),
        batchAfterBatch(steps, {
          work: (inside, hosts, keyed) => {
            const files = restoringOn(hosts);
            return change(inside, files.step, 'files', is.run, { ...files, key: keyed(files.key) }, restoring);
          },
          ended: 'The batch has its files',
        }),
        askEachHost(steps),
        awaitHealth(steps),
        noHostHasCome(steps, 'Compare the hosts again'),
        resumeAutoScaling(steps),
        steps.either('Was a disk replaced?', the.isDisk, carryOut(steps, keepingVolumes, moments)),
        Succeed.jsonata(scope, 'Every host has its files', {
          outputs: { source: the.source.toString(), takenAt: the.source.takenAt.toString() },
        }),
      ),
    }),
  };
}

/** What there is: archives on the hosts and objects of the bucket, each read to its end. Changes nothing. */
function findTheSources(steps: Steps): IChainable {
  const { description, request } = is;
  return steps.sequence(
    steps.task('Look for archives in the bucket', fileTasks['files-find'], { request, files: the.files }, (stored) => [
      assign(the.stored, stored),
      assign(
        the.objects,
        expression<string>(
          `$join([$map([${stored.archives.body}], function($each) {$each.key & '=' & $each.versionId})], ' ')`,
        ),
      ),
    ]),
    runDocument(steps, 'Examine the archives', {
      document: 'find-files',
      run: is.run,
      key: 'find-files',
      hosts: is.hosts,
      parameters: {
        Folder: volume.mountPoint,
        Serving: description.hosts.folder,
        VolumeGroup: volume.volumeGroup,
        BackupFolder: the.files.backupFolder,
        NotAfter: the.notAfter,
        OnlyBackup: the.onlyBackup,
        Region: description.region,
        Bucket: the.bucket,
        Objects: the.objects,
      },
      // As long as they are big: a hundred and fifty gigabytes at 100 MiB a second are less than half an hour.
      executionTimeoutSeconds: 1800,
      long: true,
      keep: (results) => [assign(the.found, results)],
    }),
  );
}

/** Chooses, and of a snapshot of LVM proves that it can be merged, and what merging rewrites kept. */
function chooseTheSource(steps: Steps): IChainable {
  const { run, request, description } = is;
  const { files, found, stored } = the;
  return steps.sequence(
    steps.task(
      'Choose the source of the files',
      fileTasks['files-choose'],
      { run, request, volume, files, region: description.region, inspected, found, stored },
      (chosen) => [
        assign(the.source, chosen.source),
        assign(the.mounted, expression<string[]>(`[${chosen.mounted.body}]`)),
        assign(the.lossSeconds, chosen.lossSeconds),
        assign(the.restoreSeconds, chosen.restoreSeconds),
        assign(the.prepareSeconds, chosen.prepareSeconds),
        assign(batches, chosen.batches),
        assign(the.aside, expression<string>(`'lifeboat-' & ${stamp.body}`)),
        assign(the.before, expression<string>(`'lifeboat-' & ${stamp.body} & '-before'`)),
      ],
    ),
    steps.either(
      'Is it a snapshot of the volume?',
      expression<boolean>("$source.kind = 'lvm-snapshot'"),
      inspectVolumes(steps, 'Check the snapshot', 'check-snapshot', expression<string>('$source.snapshot'), 1800, {
        long: true,
      }),
    ),
  );
}
