import { applicationTasks } from '../../contract/tasks/application';
import { ask, healthAddress } from '../gateways/outside';
import { handler as task } from '../runtime/handler';

/** Asks once, from outside; an application that is not healthy is an answer, not an error. */
export const handler = task(
  applicationTasks['outside-check'],
  async ({ publicUrl }) => await ask(healthAddress(publicUrl)),
);
