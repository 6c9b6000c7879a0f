import { hostTasks } from '../../contract/tasks/hosts';
import { awaitDocument } from '../run/commands';
import { handler as task } from '../runtime/handler';

/** Asks for a document's end on every host and parses each one's result. */
export const handler = task(hostTasks['document-await'], ({ document, commandId, hosts }) =>
  awaitDocument(document, commandId, hosts),
);
