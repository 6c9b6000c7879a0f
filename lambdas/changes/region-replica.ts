import { TAGS } from '../../contract/environment';
import { ChangeConflictError, RestoreFailedError } from '../../contract/errors';
import type { Check, RunRef } from '../../contract/run';
import { describeInstance, tag } from '../gateways/rds';
import { createReplica } from '../gateways/rds-replicas';
import { defineChange, expiry, tagsOfRun, type Change } from './define';
import { quotaCheck } from './quotas';
import { ownArn, type Need } from './rehearse';

type Replica = Change<'region-replica'>;

const conflict = (instance: string, run: RunRef) =>
  new ChangeConflictError(`The instance ${instance} exists already and is not tagged as made by ${run.id}.`);
/** Until the first backup after its promotion says that it stays, it goes when this has passed. */
const tagsOf = ({ run, target }: Replica) => ({
  ...tagsOfRun(run),
  ...(target.expiresInDays === null ? {} : { [TAGS.expires]: expiry(target.expiresInDays) }),
});

/** RDS DescribeDBInstances. @throws ChangeConflictError where an instance has that identifier, whoever made it */
async function read({ instance }: Replica['target'], run: RunRef) {
  if ((await describeInstance(instance)) !== null) throw conflict(instance, run);
  return { exists: false } as const;
}

/** RDS CreateDBInstanceReadReplica; one that this run made before is taken. */
async function apply(change: Replica) {
  const { run, target } = change;
  const wanted = {
    identifier: target.instance,
    settings: target.settings,
    tags: { ...target.settings.Tags, ...tagsOf(change) },
  };
  if ((await createReplica(wanted, target.source)) === 'created') return {};
  const found = await describeInstance(target.instance);
  if (found?.tags[TAGS.run] !== run.id) throw conflict(target.instance, run);
  return {};
}

/**
 * RDS DescribeDBInstances: done once it is available and follows its source.
 * @throws RestoreFailedError where it ends in a state from which no database comes
 */
async function confirm({ target }: Replica) {
  const instance = await describeInstance(target.instance);
  if (instance === null) throw new RestoreFailedError(`The replica ${target.instance} is gone.`);
  if (/^(failed|incompatible-.*|deleting|storage-full)$/.test(instance.status)) {
    throw new RestoreFailedError(`${instance.identifier} is ${instance.status}: RDS could not make the replica.`);
  }
  if (instance.status !== 'available' || instance.endpoint === null) {
    return { done: false, progress: `${instance.identifier}: ${instance.status}` };
  }
  return { done: true, detail: { endpoint: instance.endpoint, resourceId: instance.resourceId } };
}

/** RDS AddTagsToResource: nothing that holds data is deleted; what nobody needs carries its expiry, if it has one. */
async function undo(change: Replica) {
  const instance = await describeInstance(change.target.instance);
  if (instance?.tags[TAGS.run] !== change.run.id) return { kept: null };
  const tags: Record<string, string> = tagsOf(change);
  await tag(instance.arn, tags);
  return { kept: instance.identifier, expires: tags[TAGS.expires] ?? null };
}

/** RDS DescribeDBInstances: the expiry is there. */
async function confirmUndo(change: Replica) {
  if (change.target.expiresInDays === null) return { done: true };
  const instance = await describeInstance(change.target.instance);
  const marked = instance?.tags[TAGS.run] !== change.run.id || TAGS.expires in instance.tags;
  return marked ? { done: true } : { done: false, progress: `${change.target.instance} has no expiry yet` };
}

/** A replica is a write on its source, on what it makes and on the groups that it names. */
const needs = ({ instance, source, settings }: Replica['target']): Need[] => [
  ...[
    source,
    ...[
      `db:${instance}`,
      `subgrp:${settings.DBSubnetGroupName}`,
      `pg:${settings.DBParameterGroupName}`,
      `og:${settings.OptionGroupName}`,
    ].map((rest) => ownArn('rds', rest)),
  ].map((resource) => ({ actions: ['rds:CreateDBInstanceReadReplica'], resource })),
  { actions: ['rds:AddTagsToResource'], resource: ownArn('rds', `db:${instance}`) },
];

/** RDS DescribeAccountAttributes. */
const preconditions = async ({ settings }: Replica['target']): Promise<Check[]> => [
  await quotaCheck('DBInstances', 1, 'one more instance'),
  await quotaCheck('AllocatedStorage', settings.AllocatedStorage, `${settings.AllocatedStorage} GiB more storage`),
];

export const handler = defineChange('region-replica', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
  preconditions,
});
