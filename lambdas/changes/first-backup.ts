import { TAGS } from '../../contract/environment';
import { ChangeConflictError, ChangeNotConfirmedError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { isModifiable, requireInstance, untag } from '../gateways/rds';
import { createSnapshot, describeSnapshot } from '../gateways/rds-backups';
import { defineChange, tagsOfRun, type Change } from './define';
import { quotaCheck } from './quotas';
import { ownArn } from './rehearse';

type Backup = Change<'first-backup'>;

const conflict = (snapshot: string, run: RunRef) =>
  new ChangeConflictError(`The snapshot ${snapshot} exists already and is not tagged as made by ${run.id}.`);

/** RDS DescribeDBSnapshots. @throws ChangeConflictError where a snapshot has that identifier */
async function read(target: Backup['target'], run: RunRef) {
  if ((await describeSnapshot(target.snapshot)) !== null) throw conflict(target.snapshot, run);
  return { exists: false } as const;
}

/**
 * Begins the snapshot unless the instance is busy, and takes the expiry away that its restore gave it: what is backed up
 * is in use and stays (RDS DescribeDBInstances, RemoveTagsFromResource, CreateDBSnapshot).
 */
async function begin({ run, target }: Backup): Promise<boolean> {
  const instance = await requireInstance(target.instance);
  if (TAGS.expires in instance.tags && instance.tags[TAGS.run] === run.id) await untag(instance.arn, [TAGS.expires]);
  // RDS takes its own first backup after a restore; meanwhile it takes no other.
  if (!isModifiable(instance)) return false;
  const begun = await createSnapshot(target.instance, target.snapshot, tagsOfRun(run));
  if (begun === 'exists' && (await describeSnapshot(target.snapshot))?.tags[TAGS.run] !== run.id) {
    throw conflict(target.snapshot, run);
  }
  return true;
}

async function apply(change: Backup) {
  return { begun: await begin(change) };
}

/**
 * RDS DescribeDBSnapshots: done once it is available.
 * @throws ChangeNotConfirmedError where RDS failed to take it
 */
async function confirm(change: Backup) {
  const name = change.target.snapshot;
  if (change.detail['begun'] !== true) {
    const begun = await begin(change);
    return { done: false, progress: begun ? `began ${name}` : `${change.target.instance} is busy`, detail: { begun } };
  }
  const snapshot = await describeSnapshot(name);
  if (snapshot === null) return { done: false, progress: `${name} is not listed yet` };
  if (snapshot.status === 'available') {
    return { done: true, detail: { snapshotArn: snapshot.arn, takenAt: snapshot.takenAt } };
  }
  if (snapshot.status === 'failed') throw new ChangeNotConfirmedError(`RDS failed to take the snapshot ${name}.`);
  return { done: false, progress: `${name}: ${snapshot.status}, ${snapshot.percent} %` };
}

/** Nothing that holds data is deleted: a snapshot stays. */
function undo({ target }: Backup) {
  return Promise.resolve({ kept: target.snapshot });
}

function confirmUndo() {
  return Promise.resolve({ done: true });
}

const needs = ({ instance, snapshot }: Backup['target']) => [
  { actions: ['rds:CreateDBSnapshot', 'rds:RemoveTagsFromResource'], resource: ownArn('rds', `db:${instance}`) },
  { actions: ['rds:CreateDBSnapshot', 'rds:AddTagsToResource'], resource: ownArn('rds', `snapshot:${snapshot}`) },
];

/** RDS DescribeAccountAttributes. */
const preconditions = async () => [await quotaCheck('ManualSnapshots', 1, 'one more snapshot by hand')];

export const handler = defineChange('first-backup', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: false,
  needs,
  preconditions,
});
