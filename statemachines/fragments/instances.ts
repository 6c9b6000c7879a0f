import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, path, variable, type Expression, type Path } from '../../contract/expressions';
import type { ChangeResult } from '../../contract/changes';
import { instanceTasks } from '../../contract/tasks';
import { moments } from './change';
import { carryOut, intend, type Intention } from './intention';
import { assign, type Assignment, type Steps } from './steps';
import * as is from './values';

/** What the group launches from now: the number of a version, and the release that it boots. */
export const presentTemplate = variable<{ version: string; release: string }>('presentTemplate');
/** Whether a refresh runs in the group. */
export const refreshing = variable<boolean>('refreshing');
/** The number of the version that this run makes; words until it is made. */
export const newTemplateVersion = variable<string>('newTemplateVersion');

/** Keys of these changes in the journal. */
export const instanceKeys = {
  version: 'launch-template-version',
  group: 'group-launch-template',
  cancellation: 'cancel-refresh',
  refresh: 'instance-refresh',
} as const;

/** What a plan knows of the template before it changes anything. */
export const templateKnown = (found: {
  readonly present: Path<{ version: string; release: string }>;
  readonly refreshing: Path<boolean>;
}): Assignment[] => [
  assign(presentTemplate, expression<{ version: string; release: string }>(found.present.body)),
  assign(refreshing, found.refreshing),
  assign(newTemplateVersion, 'the new version'),
];

/**
 * For a plan's resolving, before `bootRelease`: reads what new instances boot with. Refuses a group that names `$Latest` or
 * `$Default` (FloatingVersionError) and user data that names no release (LaunchTemplateUnfitError). Changes nothing.
 */
export function inspectTemplate(steps: Steps): IChainable {
  const { run, description } = is;
  return steps.task(
    'Look at what new instances boot with',
    instanceTasks['template-inspect'],
    { run, group: description.autoScalingGroup, launchTemplate: description.launchTemplate },
    templateKnown,
  );
}

/** The intention to make a version from another one. @param release null for what the source has */
export function newVersion(
  step: string,
  sourceVersion: Expression<string>,
  release: Expression<string> | null,
  when?: Expression<boolean>,
): Intention<'launch-template-version'> {
  const { launchTemplate } = is.description;
  return intend('launch-template-version', {
    step,
    key: instanceKeys.version,
    target: { templateId: launchTemplate.id, sourceVersion, release, releaseVariable: launchTemplate.releaseVariable },
    ...(when === undefined ? {} : { when }),
  });
}

/** What making it tells. */
export const keepNewVersion = (made: Path<ChangeResult>): Assignment[] => [
  assign(
    newTemplateVersion,
    // While it is not listed yet there is no answer to read.
    expression<string>(`${made.done.body} ? ${path<string>(`${made.body}.detail.version`).body} : $newTemplateVersion`),
  ),
];

/** What `bootRelease` changes, for the plan's list. */
export function bootReleaseIntends({ release }: { readonly release: Expression<string> }) {
  const { autoScalingGroup: group, launchTemplate } = is.description;
  const when = expression<boolean>(`$presentTemplate.release != ${release.body}`);
  return [
    newVersion('Make a launch template version with the release', presentTemplate.version, release, when),
    intend('group-launch-template', {
      step: 'Let new instances boot with the release',
      key: instanceKeys.group,
      target: { group, templateId: launchTemplate.id, version: newTemplateVersion },
      // The number is AWS's to give; until then the present one stands for it.
      foreseen: { group, templateId: launchTemplate.id, version: presentTemplate.version },
      when,
    }),
  ] as const;
}

/** The number of the version that boots the release, once `bootRelease` has come. */
export const versionThatBoots = ({ release }: { readonly release: Expression<string> }): Expression<string> =>
  expression<string>(
    `$presentTemplate.release != ${release.body} ? ${newTemplateVersion.body} : $presentTemplate.version`,
  );

/**
 * New instances boot with this release from now on: a new version of the launch template, made from the one that the group
 * has now, with the release in its user data; the group is set to that number. Instances that run are left alone. Nothing is
 * made where the present version boots it already. `inspectTemplate` has come before.
 */
export function bootRelease(steps: Steps, { release }: { readonly release: Expression<string> }): IChainable {
  const [version, group] = bootReleaseIntends({ release });
  return steps.either(
    'Do new instances boot with another release?',
    expression<boolean>(`$presentTemplate.release != ${release.body}`),
    steps.sequence(carryOut(steps, version, moments, keepNewVersion), carryOut(steps, group, moments)),
  );
}
