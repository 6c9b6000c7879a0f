import * as z from 'zod';
import { TAGS } from '../../contract/environment';
import {
  ChangeConflictError,
  ChangeNotConfirmedError,
  RecoverySourceMissingError,
  RestoreFailedError,
} from '../../contract/errors';
import type { Check, RunRef } from '../../contract/run';
import { describeInstance, tag } from '../gateways/rds';
import { copySnapshot, describeSnapshot } from '../gateways/rds-backups';
import { restoreFromSnapshot, restoreToPointInTime } from '../gateways/rds-restore';
import { parse } from '../runtime/parse';
import { defineChange, expiry, tagsOfRun, type Change } from './define';
import { quotaCheck } from './quotas';
import { ownArn, type Need } from './rehearse';

type Replacement = Change<'database-replacement'>;

/** Statuses from which no database comes (RDS User Guide, instance status). */
const hopeless =
  /^(failed|incompatible-.*|inaccessible-encryption-credentials|insufficient-capacity|restore-error|deleting|deleted)$/;

/** `lifeboat-<environment>-<run>-copy`: letters, digits and single hyphens, as RDS wants it; at most 255 characters. */
export function copyName(run: RunRef): string {
  return `lifeboat-${run.environment}-${run.id}-copy`
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 255);
}

/** Until somebody decides that it stays, it goes when this has passed: the first backup after cut-over takes it away. */
const tagsOfCopy = ({ run, target }: Replacement) => ({
  ...tagsOfRun(run),
  [TAGS.expires]: expiry(target.expiresInDays),
});

const conflict = (what: string, run: RunRef) =>
  new ChangeConflictError(`${what} exists already and is not tagged as made by ${run.id}.`);

/** RDS DescribeDBInstances. @throws ChangeConflictError where an instance has that identifier, whoever made it */
async function read(target: Replacement['target'], run: RunRef) {
  if ((await describeInstance(target.instance)) !== null) throw conflict(`The instance ${target.instance}`, run);
  return { exists: false } as const;
}

/** RDS RestoreDBInstanceToPointInTime or RestoreDBInstanceFromDBSnapshot; one that this run made before is taken. */
async function restore(
  change: Replacement,
  from: { resourceId: string; moment: string } | { backupArn: string; moment: string } | { snapshot: string },
) {
  const { run, target } = change;
  const wanted = {
    identifier: target.instance,
    settings: target.settings,
    tags: { ...target.settings.Tags, ...tagsOfCopy(change) },
  };
  const begun =
    'snapshot' in from
      ? await restoreFromSnapshot(wanted, from.snapshot)
      : await restoreToPointInTime(wanted, from, from.moment);
  if (begun === 'created') return;
  const found = await describeInstance(target.instance);
  if (found?.tags[TAGS.run] !== run.id) throw conflict(`The instance ${target.instance}`, run);
}

/** RDS DescribeDBSnapshots in the other region, CopyDBSnapshot in this one. */
async function copy(change: Replacement, source: { arn: string; region: string }) {
  const { run } = change;
  const original = await describeSnapshot(source.arn, source.region);
  if (original === null) throw new RecoverySourceMissingError(`The snapshot ${source.arn} is gone.`);
  const name = copyName(run);
  const begun = await copySnapshot({ arn: source.arn, encrypted: original.encrypted }, name, tagsOfCopy(change));
  if (begun === 'exists' && (await describeSnapshot(name))?.tags[TAGS.run] !== run.id) {
    throw conflict(`The snapshot ${name}`, run);
  }
  return { stage: 'copying', snapshot: name };
}

/** Begins the restore, or for a snapshot of another region its copy into this one. */
async function apply(change: Replacement) {
  const { source } = change.target;
  switch (source.kind) {
    case 'point-in-time':
      await restore(change, { resourceId: source.resourceId, moment: source.moment });
      return { stage: 'restoring' };
    case 'replicated-backup':
      await restore(change, { backupArn: source.backupArn, moment: source.moment });
      return { stage: 'restoring' };
    case 'snapshot':
      await restore(change, { snapshot: source.snapshot });
      return { stage: 'restoring' };
    case 'copied-snapshot':
      return await copy(change, { arn: source.snapshotArn, region: source.region });
  }
}

const stageSchema = z.discriminatedUnion('stage', [
  z.object({ stage: z.literal('copying'), snapshot: z.string() }),
  z.object({ stage: z.literal('restoring') }),
]);

/** RDS DescribeDBSnapshots of the copy; once it is there, the restore. */
async function confirmCopy(change: Replacement, name: string) {
  const snapshot = await describeSnapshot(name);
  if (snapshot?.status === 'failed') throw new RestoreFailedError(`RDS failed to copy the snapshot ${name}.`);
  if (snapshot?.status !== 'available') {
    return {
      done: false,
      progress: `copying ${name}: ${snapshot?.status ?? 'not listed'}, ${snapshot?.percent ?? 0} %`,
    };
  }
  await restore(change, { snapshot: name });
  return { done: false, progress: `restoring ${name}`, detail: { stage: 'restoring' } };
}

/**
 * RDS DescribeDBInstances: done once it is available; its endpoint and resource id go into the journal.
 * @throws RestoreFailedError where it ends in a state from which no database comes
 */
async function confirm(change: Replacement) {
  const staged = parse(stageSchema, change.detail, `the stage of ${change.key}`);
  if (staged.stage === 'copying') return await confirmCopy(change, staged.snapshot);
  const instance = await describeInstance(change.target.instance);
  if (instance === null) throw new RestoreFailedError(`The instance ${change.target.instance} is gone.`);
  if (hopeless.test(instance.status)) {
    throw new RestoreFailedError(`${instance.identifier} is ${instance.status}: RDS could not restore it.`);
  }
  if (instance.status !== 'available') return { done: false, progress: `${instance.identifier}: ${instance.status}` };
  if (instance.endpoint === null) {
    throw new ChangeNotConfirmedError(`${instance.identifier} is available and has no endpoint.`);
  }
  return { done: true, detail: { endpoint: instance.endpoint, resourceId: instance.resourceId } };
}

/** RDS AddTagsToResource: nothing that holds data is deleted; what nobody needs carries its expiry. */
async function undo(change: Replacement) {
  const instance = await describeInstance(change.target.instance);
  if (instance?.tags[TAGS.run] !== change.run.id) return { kept: null };
  const tags = tagsOfCopy(change);
  await tag(instance.arn, tags);
  return { kept: instance.identifier, expires: tags[TAGS.expires] };
}

/** RDS DescribeDBInstances: the expiry is there. */
async function confirmUndo(change: Replacement) {
  const instance = await describeInstance(change.target.instance);
  const marked = instance?.tags[TAGS.run] !== change.run.id || TAGS.expires in instance.tags;
  return marked ? { done: true } : { done: false, progress: `${change.target.instance} has no expiry yet` };
}

/** A restore is a write on its source, on what it makes and on the groups that it names. */
const needs = ({ instance, source, settings }: Replacement['target'], run: RunRef): Need[] => {
  const named = [
    `db:${instance}`,
    `subgrp:${settings.DBSubnetGroupName}`,
    `pg:${settings.DBParameterGroupName}`,
    `og:${settings.OptionGroupName}`,
  ].map((rest) => ownArn('rds', rest));
  const restores = (action: string, from: readonly string[]) =>
    [...from, ...named].map((resource) => ({ actions: [action], resource }));
  const tagging = { actions: ['rds:AddTagsToResource'], resource: ownArn('rds', `db:${instance}`) };
  switch (source.kind) {
    case 'point-in-time':
      return [
        tagging,
        ...restores('rds:RestoreDBInstanceToPointInTime', [ownArn('rds', `db:${source.instanceIdentifier}`)]),
      ];
    case 'replicated-backup':
      return [tagging, ...restores('rds:RestoreDBInstanceToPointInTime', [source.backupArn])];
    case 'snapshot':
      return [
        tagging,
        ...restores('rds:RestoreDBInstanceFromDBSnapshot', [ownArn('rds', `snapshot:${source.snapshot}`)]),
      ];
    case 'copied-snapshot': {
      const copy = ownArn('rds', `snapshot:${copyName(run)}`);
      return [
        tagging,
        ...[source.snapshotArn, copy].map((resource) => ({ actions: ['rds:CopyDBSnapshot'], resource })),
        ...restores('rds:RestoreDBInstanceFromDBSnapshot', [copy]),
      ];
    }
  }
};

/** RDS DescribeAccountAttributes. What is free of an instance class AWS tells only when one is asked for. */
const preconditions = async ({ settings }: Replacement['target']): Promise<Check[]> => [
  await quotaCheck('DBInstances', 1, 'one more instance'),
  await quotaCheck('AllocatedStorage', settings.AllocatedStorage, `${settings.AllocatedStorage} GiB more storage`),
  {
    name: `capacity: ${settings.DBInstanceClass}`,
    status: 'not-checkable',
    expected: 'an instance of this class is free',
    actual: 'AWS tells only when asked for one',
    evidence: 'Amazon RDS API: there is no such question',
  },
];

export const handler = defineChange('database-replacement', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
  preconditions,
});
