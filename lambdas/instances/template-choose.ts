import { changeKinds } from '../../contract/changes';
import { HostUnfitError, LaunchTemplateUnfitError, RolledBackAlreadyError } from '../../contract/errors';
import { instanceTasks } from '../../contract/tasks/instances';
import { releaseIn } from '../../contract/user-data';
import { suspendedProcesses } from '../gateways/auto-scaling';
import { setAside } from '../gateways/instance-refreshes';
import { releaseOf, templateVersions, type TemplateVersion } from '../gateways/launch-templates';
import { recordDecision } from '../run/journal';
import { rollbacks, type Rollback } from '../run/rollbacks';
import { handler as task } from '../runtime/handler';
import { presentTemplate } from './template';

interface WentBack {
  readonly run: string;
  readonly at: string;
  readonly from: string;
  readonly to: string;
}

/** From which version of the template a rollback went to which. */
const wentBack = ({ run, settledAt, changes }: Rollback): WentBack[] =>
  changes.flatMap((change) => {
    if (change.kind !== 'group-launch-template' && change.kind !== 'instance-refresh') return [];
    const to = changeKinds[change.kind].target.parse(change.target).version;
    return [{ run, at: settledAt, to, from: changeKinds[change.kind].before.parse(change.before).version }];
  });

/** "InstanceRefresh does not replace instances" while one of these is suspended (Auto Scaling guide, Suspend processes). */
const REPLACING = ['InstanceRefresh', 'Launch', 'Terminate'];

/** @throws HostUnfitError naming what a refresh would wait for, and the instances that it would leave as they are */
async function requireAllReplaceable(group: string): Promise<void> {
  const suspended = (await suspendedProcesses(group)).filter((name) => REPLACING.includes(name));
  if (suspended.length > 0)
    throw new HostUnfitError(
      `${group} has ${suspended.join(', ')} suspended: a refresh would replace nothing. Resume it first. Nothing was changed.`,
    );
  const aside = await setAside(group);
  if (aside.length === 0) return;
  throw new HostUnfitError(
    `${aside.join(', ')}: a refresh of ${group} would not replace it. Put it back into service, take its protection away, or end it. Nothing was changed.`,
  );
}

/**
 * "A rollback is not supported … The Auto Scaling group has a launch template that uses an AWS Systems Manager parameter
 * instead of an AMI ID" (Auto Scaling API, RefreshPreferences). @throws LaunchTemplateUnfitError
 */
function requireImages(id: string, versions: readonly (TemplateVersion | undefined)[]): void {
  for (const version of versions)
    if (version?.image.startsWith('resolve:ssm:') === true)
      throw new LaunchTemplateUnfitError(
        `Version ${version.number} of ${id} takes its image from a parameter (${version.image}): a refresh could not go back by itself. Make a version that names an AMI, and say {"launchTemplateVersion": "…"} or let the group launch from it. Nothing was changed.`,
      );
}

/**
 * Chooses the version to go back to, and records the choice.
 * @throws FloatingVersionError, LaunchTemplateUnfitError, HostUnfitError
 */
export const handler = task(instanceTasks['template-choose'], async ({ run, request, group, launchTemplate }) => {
  const { id, releaseVariable } = launchTemplate;
  const found = await presentTemplate(group, launchTemplate);
  await requireAllReplaceable(group);
  const versions = await templateVersions(id);
  const { launchTemplateVersion: wanted } = request;
  const older = versions.filter(({ number }) => Number(number) < Number(found.present.version));
  const earlier = (await rollbacks(run.environment, ['auto-scaling-rollback', 'application-rollback'])).flatMap(
    wentBack,
  );
  const [last] = earlier;
  if (wanted === undefined && last?.to === found.present.version) {
    throw new RolledBackAlreadyError(
      `${last.run} went back to version ${last.to} of ${id} at ${last.at}, and that is in force. To go further back say to which: {"launchTemplateVersion": "…"}; there are ${versions.map(({ number }) => number).join(', ')}. Nothing was changed.`,
    );
  }
  // What a rollback went away from was left for a reason, and so were versions before it that boot the same.
  const left = (version: TemplateVersion) =>
    earlier.find(({ from }) => {
      const same = versions.find(({ number }) => number === from);
      return (
        Number(version.number) <= Number(from) &&
        same !== undefined &&
        releaseIn(same.userData, releaseVariable) === releaseIn(version.userData, releaseVariable)
      );
    });
  const chosen =
    wanted === undefined
      ? older.find((version) => {
          const release = releaseIn(version.userData, releaseVariable);
          return release !== null && release !== found.present.release && left(version) === undefined;
        })
      : versions.find(({ number }) => number === wanted);
  if (chosen === undefined) {
    throw new LaunchTemplateUnfitError(
      wanted === undefined
        ? `No version of ${id} before the present one, ${found.present.version}, boots another release than ${found.present.release}: say {"launchTemplateVersion": "…"}. Nothing was changed.`
        : `${id} has no version ${wanted}; it has ${versions.map(({ number }) => number).join(', ')}. Nothing was changed.`,
    );
  }
  requireImages(id, [chosen, versions.find(({ number }) => number === found.present.version)]);
  const source = { version: chosen.number, release: releaseOf(id, chosen, releaseVariable) };
  const reason =
    wanted === undefined
      ? `the newest version before ${found.present.version} that boots another release than ${found.present.release}`
      : 'asked for';
  await recordDecision(run.id, {
    at: new Date().toISOString(),
    subject: 'the launch template version to go back to',
    choice: `${source.version} (${source.release})`,
    reason,
    alternatives: versions
      .filter(({ number }) => number !== source.version)
      .slice(0, 10)
      .map((version) => {
        const { number, userData } = version;
        const away = left(version);
        const other =
          away === undefined ? 'not the one that was chosen by that rule' : `${away.run} went back from what it boots`;
        return {
          choice: `${number} (${releaseIn(userData, releaseVariable) ?? 'names no release'})`,
          because: number === found.present.version ? 'it is in force now' : other,
        };
      }),
  });
  return { ...found, source, reason };
});
