import { ChangeConflictError, ChangeNotConfirmedError } from '../../contract/errors';
import { describeInstance, requireInstance, unlessBusy } from '../gateways/rds';
import { promoteReplica } from '../gateways/rds-replicas';
import { defineChange, type Change } from './define';
import { ownArn } from './rehearse';

type Promotion = Change<'replica-promotion'>;

/** RDS DescribeDBInstances. @throws ChangeConflictError where it is no replica */
async function read({ instance }: Promotion['target']) {
  const { follows, settings } = await requireInstance(instance);
  if (follows === null) throw new ChangeConflictError(`${instance} is no replica of anything.`);
  return { source: follows, ...(settings !== null && { backupRetentionDays: settings.BackupRetentionPeriod }) };
}

/** RDS DescribeDBInstances, PromoteReadReplica. Where the instance is busy, `begun` is false and confirming asks again. */
async function apply({ target }: Promotion) {
  const { follows } = await requireInstance(target.instance);
  if (follows === null) return { begun: true, found: 'promoted' };
  return { begun: await unlessBusy(() => promoteReplica(target.instance, target.backupRetentionDays)) };
}

/**
 * RDS DescribeDBInstances: it follows nothing any more and is available; it reboots on the way (RDS guide, Promoting a
 * read replica).
 */
async function confirm(change: Promotion) {
  const { target, detail } = change;
  if (detail['begun'] === false) {
    const again = await apply(change);
    return {
      done: false,
      progress: `${target.instance} ${again.begun ? 'is being promoted' : 'is busy'}`,
      detail: again,
    };
  }
  const instance = await requireInstance(target.instance);
  if (instance.status === 'failed') throw new ChangeNotConfirmedError(`RDS failed to promote ${target.instance}.`);
  if (instance.follows !== null)
    return { done: false, progress: `${target.instance} still follows ${instance.follows}` };
  if (instance.status !== 'available' || instance.pending.length > 0) {
    return { done: false, progress: `${target.instance}: ${instance.status}` };
  }
  return { done: true, detail: { endpoint: instance.endpoint, resourceId: instance.resourceId } };
}

/** There is no way back to following. What was promoted is kept as it is, with its data. */
async function undo({ target }: Promotion) {
  const instance = await describeInstance(target.instance);
  return { kept: instance?.identifier ?? null };
}

function confirmUndo() {
  return Promise.resolve({ done: true });
}

const needs = ({ instance }: Promotion['target']) => [
  { actions: ['rds:PromoteReadReplica'], resource: ownArn('rds', `db:${instance}`) },
];

export const handler = defineChange('replica-promotion', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
});
