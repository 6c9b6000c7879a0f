import { instanceTasks } from '../../contract/tasks/instances';
import { handler as task } from '../runtime/handler';
import { presentTemplate } from './template';

/** What the group launches from, by its fixed number. @throws FloatingVersionError, LaunchTemplateUnfitError */
export const handler = task(
  instanceTasks['template-inspect'],
  async ({ group, launchTemplate }) => await presentTemplate(group, launchTemplate),
);
