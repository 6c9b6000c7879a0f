import { TAGS } from '../../contract/environment';
import { LifeboatError } from '../../contract/errors';
import {
  InstanceBusyError,
  describeInstance,
  isModifiable,
  requireInstance,
  setDeletionProtection,
  tag,
  untag,
  type Instance,
} from '../gateways/rds';
import { defineChange, expiry, tagsOfRun, type Change, type Outcome } from './define';
import { ownArn } from './rehearse';

type Kept = Change<'kept-instance'>;

const ownTags = ({ run, target }: Kept) => ({ ...tagsOfRun(run), [TAGS.expires]: expiry(target.expiresInDays) });

/** RDS DescribeDBInstances. */
async function read(target: Kept['target']) {
  const instance = await requireInstance(target.instance);
  return { tags: instance.tags, deletionProtection: instance.settings?.DeletionProtection ?? false };
}

/**
 * RDS ModifyDBInstance DeletionProtection, as far as it can be had: an instance that is stopped or failed takes no
 * modification any more, and is kept all the same.
 * @returns whether it is on, was asked for, or why it is off
 */
async function protect(instance: Instance): Promise<string> {
  if (instance.settings?.DeletionProtection === true) return 'on';
  if (!isModifiable(instance)) return `off: the instance is ${instance.status}`;
  try {
    await setDeletionProtection(instance.identifier, true);
    return 'asked for';
  } catch (error) {
    if (!(error instanceof LifeboatError)) throw error;
    if (error.kind === 'transient' && !(error instanceof InstanceBusyError)) throw error;
    return `off: ${error.message}`;
  }
}

/** RDS AddTagsToResource (run, environment, expiry): the janitor goes by them. Deletion protection comes on top. */
async function apply(change: Kept) {
  const instance = await requireInstance(change.target.instance);
  const tags = ownTags(change);
  await tag(instance.arn, tags);
  return { expires: tags[TAGS.expires], deletionProtection: await protect(instance) };
}

/** RDS DescribeDBInstances: done once it is tagged; `deletionProtection` says what has become of that. */
async function confirm({ run, target, detail }: Kept): Promise<Outcome> {
  const instance = await requireInstance(target.instance);
  const tagged = instance.tags[TAGS.run] === run.id && TAGS.expires in instance.tags;
  if (!tagged) return { done: false, progress: `${target.instance}: ${instance.status}, not tagged yet` };
  const asked = detail['deletionProtection'] === 'asked for';
  const deletionProtection = asked ? 'asked for' : await protect(instance);
  return { done: true, detail: { kept: target.instance, until: detail['expires'], deletionProtection } };
}

/** What the instance's own tags have to become again. */
function tagsBack(now: Record<string, string>, before: Record<string, string>) {
  const names = Object.values(TAGS);
  return {
    put: Object.fromEntries(names.flatMap((name) => (name in before ? [[name, before[name] ?? '']] : []))),
    remove: names.filter((name) => name in now && !(name in before)),
  };
}

/** RDS RemoveTagsFromResource, AddTagsToResource, ModifyDBInstance DeletionProtection, as before. */
async function undo({ run, target, before }: Kept) {
  const instance = await describeInstance(target.instance);
  if (instance === null) return { found: 'gone' };
  if (instance.tags[TAGS.run] === run.id) {
    const { put, remove } = tagsBack(instance.tags, before.tags);
    if (remove.length > 0) await untag(instance.arn, remove);
    if (Object.keys(put).length > 0) await tag(instance.arn, put);
  }
  if (instance.settings !== null && instance.settings.DeletionProtection !== before.deletionProtection) {
    await setDeletionProtection(target.instance, before.deletionProtection);
  }
  return {};
}

/** RDS DescribeDBInstances. */
async function confirmUndo({ target, before }: Kept) {
  const instance = await describeInstance(target.instance);
  if (instance === null) return { done: true };
  const { put, remove } = tagsBack(instance.tags, before.tags);
  const tagged = remove.length === 0 && Object.entries(put).every(([name, value]) => instance.tags[name] === value);
  if (tagged && instance.settings?.DeletionProtection === before.deletionProtection) return { done: true };
  return { done: false, progress: `${target.instance}: not as before yet` };
}

const needs = ({ instance }: Kept['target']) => [
  {
    actions: ['rds:ModifyDBInstance', 'rds:AddTagsToResource', 'rds:RemoveTagsFromResource'],
    resource: ownArn('rds', `db:${instance}`),
  },
];

export const handler = defineChange('kept-instance', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: false,
  needs,
});
