import { TAGS } from '../../contract/environment';
import { describeInstance, isModifiable, requireInstance, setDeletionProtection, tag, untag } from '../gateways/rds';
import { defineChange, expiry, tagsOfRun, type Change, type Outcome } from './define';

type Kept = Change<'kept-instance'>;

const ownTags = ({ run, target }: Kept) => ({ ...tagsOfRun(run), [TAGS.expires]: expiry(target.expiresInDays) });

/** RDS DescribeDBInstances. */
async function read(target: Kept['target']) {
  const instance = await requireInstance(target.instance);
  return { tags: instance.tags, deletionProtection: instance.settings?.DeletionProtection ?? false };
}

/** RDS AddTagsToResource (run, environment, expiry), ModifyDBInstance DeletionProtection unless it is busy. */
async function apply(change: Kept) {
  const instance = await requireInstance(change.target.instance);
  const tags = ownTags(change);
  await tag(instance.arn, tags);
  if (instance.settings?.DeletionProtection !== true && isModifiable(instance)) {
    await setDeletionProtection(change.target.instance, true);
  }
  return { expires: tags[TAGS.expires] };
}

/** RDS DescribeDBInstances, ModifyDBInstance DeletionProtection where the instance was too busy for it before. */
async function confirm({ run, target, detail }: Kept): Promise<Outcome> {
  const instance = await requireInstance(target.instance);
  const tagged = instance.tags[TAGS.run] === run.id && TAGS.expires in instance.tags;
  if (tagged && instance.settings?.DeletionProtection === true) {
    return { done: true, detail: { kept: target.instance, until: detail['expires'] } };
  }
  if (tagged && isModifiable(instance)) await setDeletionProtection(target.instance, true);
  return {
    done: false,
    progress: `${target.instance}: ${instance.status}, ${tagged ? 'not protected' : 'not tagged'} yet`,
  };
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

export const handler = defineChange('kept-instance', { read, apply, confirm, undo, confirmUndo, oneCall: false });
