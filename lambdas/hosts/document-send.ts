import { hostTasks } from '../../contract/tasks/hosts';
import { sendDocument } from '../run/commands';
import { handler as task } from '../runtime/handler';

/** Sends one document to hosts; a repeated call with the same key finds the command that the first one sent. */
export const handler = task(hostTasks['document-send'], async (toSend, { log }) => {
  const commandId = await sendDocument(toSend);
  log.info('sent', { document: toSend.document, hosts: toSend.hosts, commandId });
  return { commandId };
});
