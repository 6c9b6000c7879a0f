import * as z from 'zod';
import { LaunchTemplateUnfitError, UndoFailedError } from '../../contract/errors';
import { withRelease } from '../../contract/user-data';
import {
  createTemplateVersion,
  deleteTemplateVersions,
  templateVersion,
  templateVersions,
} from '../gateways/launch-templates';
import type { Check } from '../../contract/run';
import { parse } from '../runtime/parse';
import { defineChange, type Change } from './define';
import { templateArn, versionCheck } from './launching';

type Version = Change<'launch-template-version'>;

/** Versions have no tags: what a run made says so in its description. */
const described = ({ run, key }: Version) => `lifeboat ${run.id} ${key}`;

const own = async (change: Version) =>
  (await templateVersions(change.target.templateId))
    .filter(({ description }) => description === described(change))
    .map(({ number }) => number);

const detailSchema = z.object({ version: z.string() });

/** Nothing is there before: numbers are never given twice. */
function read() {
  return Promise.resolve({ exists: false as const });
}

/**
 * EC2 DescribeLaunchTemplateVersions, CreateLaunchTemplateVersion with a client token of the run, so that a repeated call
 * finds what the first one made.
 * @throws LaunchTemplateUnfitError where the source's user data does not name exactly one release
 */
async function apply(change: Version) {
  const { templateId, sourceVersion, release, releaseVariable } = change.target;
  let userData: string | null = null;
  if (release !== null) {
    const source = await templateVersion(templateId, sourceVersion);
    userData = withRelease(source.userData, releaseVariable, release);
    if (userData === null)
      throw new LaunchTemplateUnfitError(
        `The user data of version ${sourceVersion} of ${templateId} should have exactly one line ${releaseVariable}=<tag>, and ${release} should be a tag.`,
      );
  }
  const [made] = await own(change);
  const as = { description: described(change), token: `${change.run.id}-${change.key}` };
  return { version: made ?? (await createTemplateVersion(templateId, { sourceVersion, userData }, as)) };
}

/** EC2 DescribeLaunchTemplateVersions. */
async function confirm(change: Version) {
  const { version } = parse(detailSchema, change.detail, `the version of ${change.key}`);
  const there = (await own(change)).includes(version);
  return there
    ? { done: true, detail: { version } }
    : { done: false, progress: `version ${version} is not listed yet` };
}

/** EC2 DescribeLaunchTemplateVersions, DeleteLaunchTemplateVersions of what this run made. @throws UndoFailedError */
async function undo(change: Version) {
  const made = await own(change);
  const refused = await deleteTemplateVersions(change.target.templateId, made);
  if (refused.length > 0) throw new UndoFailedError(`${change.target.templateId}: ${refused.join(', ')}.`);
  return { deleted: made };
}

async function confirmUndo(change: Version) {
  const left = await own(change);
  return left.length > 0 ? { done: false, progress: `version ${left.join(', ')} is still listed` } : { done: true };
}

const needs = ({ templateId }: Version['target']) => [
  {
    actions: ['ec2:CreateLaunchTemplateVersion', 'ec2:DeleteLaunchTemplateVersions'],
    resource: templateArn(templateId),
  },
  { actions: ['ec2:DescribeLaunchTemplateVersions'], resource: '*' },
];

/** EC2 DescribeLaunchTemplateVersions: the source is there, and its user data has the one line that is to be another. */
async function preconditions({ templateId, sourceVersion, release, releaseVariable }: Version['target']) {
  const there = await versionCheck(templateId, sourceVersion);
  if (there.status !== 'passed' || release === null) return [there];
  const { userData } = await templateVersion(templateId, sourceVersion);
  const fits = withRelease(userData, releaseVariable, release) !== null;
  const line: Check = {
    name: `user data of version ${sourceVersion} of ${templateId}`,
    status: fits ? 'passed' : 'failed',
    expected: `exactly one line ${releaseVariable}=<tag>`,
    actual: fits ? 'one' : 'none, or several',
    evidence: 'ec2:DescribeLaunchTemplateVersions',
  };
  return [there, line];
}

export const handler = defineChange('launch-template-version', {
  read,
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
  needs,
  preconditions,
});
