import type { Description } from '../../contract/description';
import { LaunchTemplateUnfitError } from '../../contract/errors';
import { groupTemplate, runningRefresh } from '../gateways/instance-refreshes';
import { releaseOf, templateVersion } from '../gateways/launch-templates';

/**
 * What the group launches from now, the release that this boots, and whether a refresh runs.
 * @throws FloatingVersionError, LaunchTemplateUnfitError where the group uses another template than the description's
 */
export async function presentTemplate(group: string, { id, releaseVariable }: Description['launchTemplate']) {
  const { templateId, version } = await groupTemplate(group);
  if (templateId !== id)
    throw new LaunchTemplateUnfitError(
      `The group ${group} launches from ${templateId}; the description says ${id}. Nothing was changed.`,
    );
  const release = releaseOf(id, await templateVersion(id, version), releaseVariable);
  return { present: { version, release }, refreshing: (await runningRefresh(group)) !== null };
}
