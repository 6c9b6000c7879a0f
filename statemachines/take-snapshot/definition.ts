import { Duration } from 'aws-cdk-lib';
import { Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression } from '../../contract/expressions';
import { askEachHost, awaitHealth } from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { moments } from '../fragments/change';
import { failurePath } from '../fragments/failure';
import { carryOut, intend, resolveThenWork } from '../fragments/intention';
import { Steps, type Functions } from '../fragments/steps';
import * as is from '../fragments/values';
import { byHost, findTheVolumes, stamp, volume } from '../fragments/volume';
import type { MachineDefinition } from '../machine';

const snapshot = expression<string>(`'lifeboat-' & ${stamp.body}`);

/**
 * Takes a snapshot of the application's files on every host, all by one name, so that there is a previous one to go back to
 * (procedures, File System Rollback, whose own snapshot is of the damaged state). The application serves on meanwhile.
 * Snapshots of Lifeboat's that have expired are removed before, so that there is room, but for the newest.
 */
export function takeSnapshot(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'No snapshot was taken');
  const steps = new Steps(scope, functions, failed);
  const expire = intend('volume-expiry', {
    step: 'Remove what has expired',
    key: 'remove-expired',
    target: { hosts: is.hosts, volume },
    before: { snapshots: byHost<string[]>('[$each.result.snapshots.name]') },
  });
  const take = intend('volume-snapshot', {
    step: 'Take the snapshot',
    key: 'take-snapshot',
    target: { hosts: is.hosts, volume, snapshot },
    before: { exists: false },
  });

  const flow = resolveThenWork(steps, {
    resolve: steps.sequence(checkTheRight(steps), findTheHosts(steps), findTheVolumes(steps)),
    intends: [expire, take],
    predicts: {
      durationSeconds: 30,
      downtimeSeconds: 0,
      lossSeconds: 0,
      because: 'LVM holds writes for a moment while it takes a snapshot; nothing is stopped',
    },
    work: steps.sequence(
      carryOut(steps, expire, moments),
      carryOut(steps, take, moments),
      askEachHost(steps),
      awaitHealth(steps),
      Succeed.jsonata(scope, 'Taken', { outputs: { snapshot: snapshot.toString() } }),
    ),
  });

  return {
    comment:
      'Takes a snapshot of the application files on every host. Started by the front door only: start `recovery` with {"plan": "take-snapshot"}',
    timeout: Duration.hours(2),
    start: flow,
  };
}
