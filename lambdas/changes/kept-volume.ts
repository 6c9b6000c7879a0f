import { TAGS } from '../../contract/environment';
import { tagVolumes, untagVolumes, volumesById } from '../gateways/ebs';
import { defineChange, expiry, tagsOfRun, type Change } from './define';
import { ownArn } from './rehearse';

type Kept = Change<'kept-volume'>;

/** EC2 DescribeVolumes. */
async function read({ volumes }: Kept['target']) {
  const found = await volumesById(volumes);
  return { tags: Object.fromEntries(found.map(({ VolumeId, Tags }) => [VolumeId, Tags])) };
}

/** EC2 CreateTags (run, environment, expiry): the janitor goes by them. */
async function apply({ run, target }: Kept) {
  const tags = { ...tagsOfRun(run), [TAGS.expires]: expiry(target.keepReplacedDays) };
  await tagVolumes(target.volumes, tags);
  return { expires: tags[TAGS.expires] };
}

/** EC2 DescribeVolumes: done once each carries the run. */
async function confirm({ run, target }: Kept) {
  const found = await volumesById(target.volumes);
  return { done: found.every(({ Tags }) => Tags[TAGS.run] === run.id && TAGS.expires in Tags) };
}

/** EC2 DeleteTags, CreateTags: each has those that it had. */
async function undo({ target, before }: Kept) {
  const own = [TAGS.run, TAGS.environment, TAGS.expires];
  for (const id of target.volumes) {
    const was = Object.entries(before.tags[id] ?? {}).filter(([key]) => own.some((name) => name === key));
    await untagVolumes([id], own);
    if (was.length > 0) await tagVolumes([id], Object.fromEntries(was));
  }
  return {};
}

/** EC2 DescribeVolumes. */
async function confirmUndo({ run, target, before }: Kept) {
  const found = await volumesById(target.volumes);
  return {
    done: found.every(
      ({ VolumeId, Tags }) => Tags[TAGS.run] !== run.id || before.tags[VolumeId]?.[TAGS.run] === run.id,
    ),
  };
}

const needs = ({ volumes }: Kept['target']) =>
  volumes.map((id) => ({
    actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
    resource: ownArn('ec2', `volume/${id}`),
    context: { 'aws:TagKeys': [TAGS.run, TAGS.environment, TAGS.expires] },
  }));

export const handler = defineChange('kept-volume', { read, apply, confirm, undo, confirmUndo, oneCall: true, needs });
