import { LaunchTemplateUnfitError } from '../../contract/errors';
import { instanceTasks } from '../../contract/tasks/instances';
import { releaseIn } from '../../contract/user-data';
import { releaseOf, templateVersions } from '../gateways/launch-templates';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { presentTemplate } from './template';

/** Chooses the version to go back to, and records the choice. @throws FloatingVersionError, LaunchTemplateUnfitError */
export const handler = task(instanceTasks['template-choose'], async ({ run, request, group, launchTemplate }) => {
  const { id, releaseVariable } = launchTemplate;
  const found = await presentTemplate(group, launchTemplate);
  const versions = await templateVersions(id);
  const { launchTemplateVersion: wanted } = request;
  const older = versions.filter(({ number }) => Number(number) < Number(found.present.version));
  const chosen =
    wanted === undefined
      ? older.find(({ userData }) => {
          const release = releaseIn(userData, releaseVariable);
          return release !== null && release !== found.present.release;
        })
      : versions.find(({ number }) => number === wanted);
  if (chosen === undefined) {
    throw new LaunchTemplateUnfitError(
      wanted === undefined
        ? `No version of ${id} before the present one, ${found.present.version}, boots another release than ${found.present.release}: say {"launchTemplateVersion": "…"}. Nothing was changed.`
        : `${id} has no version ${wanted}; it has ${versions.map(({ number }) => number).join(', ')}. Nothing was changed.`,
    );
  }
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
      .map(({ number, userData }) => ({
        choice: `${number} (${releaseIn(userData, releaseVariable) ?? 'names no release'})`,
        because: number === found.present.version ? 'it is in force now' : 'not the one that was chosen by that rule',
      })),
  });
  return { ...found, source, reason };
});
