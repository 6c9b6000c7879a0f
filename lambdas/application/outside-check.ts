import { applicationTasks } from '../../contract/tasks/application';
import { ask } from '../gateways/outside';
import { handler as task } from '../runtime/handler';

const HEALTH_PATH = '/api/health';

/** The address of the application's health. */
export const healthAddress = (publicUrl: string): string => `${publicUrl.replace(/\/+$/, '')}${HEALTH_PATH}`;

/** Asks once, from outside; an application that is not healthy is an answer, not an error. */
export const handler = task(
  applicationTasks['outside-check'],
  async ({ publicUrl }) => await ask(healthAddress(publicUrl)),
);
