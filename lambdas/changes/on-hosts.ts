import * as z from 'zod';
import type { DocumentName } from '../../contract/documents';
import { HostOfflineError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { awaitDocument, sendDocument, type DocumentToSend } from '../run/commands';
import { parse } from '../runtime/parse';
import type { Detail, Outcome } from './define';

const commandsSchema = z.array(z.object({ commandId: z.string(), hosts: z.array(z.string()).min(1) }));
const wordsSchema = z.array(z.string()).default([]);
const attemptSchema = z.number().int().default(0);

/**
 * Sends a document that takes something back; a host that does not answer keeps it from no other. Each attempt has a key of
 * its own, since a key finds its command again, a failed one too.
 * @returns what the change's detail keeps for `undoEnded`.
 */
export async function sendUndo(
  change: { readonly run: RunRef; readonly key: string; readonly detail: Detail },
  what: Pick<DocumentToSend, 'document' | 'hosts' | 'parameters' | 'executionTimeoutSeconds'>,
): Promise<Detail> {
  const { run, key, detail } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const undoCommands: z.infer<typeof commandsSchema> = [];
  const unreached: string[] = [];
  const send = async (hosts: readonly string[], name: string) => {
    undoCommands.push({ commandId: await sendDocument({ ...what, run, key: name, hosts }), hosts: [...hosts] });
  };
  const { hosts } = what;
  if (hosts.length === 0) return { undoAttempt, undoCommands, unreached };
  try {
    await send(hosts, `${key}-undo-${undoAttempt}`);
  } catch (error) {
    if (!(error instanceof HostOfflineError)) throw error;
    for (const host of hosts) {
      try {
        await send([host], `${key}-undo-${undoAttempt}-${host}`);
      } catch (alone) {
        if (!(alone instanceof HostOfflineError)) throw alone;
        unreached.push(alone.message);
      }
    }
  }
  return { undoAttempt, undoCommands, unreached };
}

/**
 * The end of what `sendUndo` sent, on every host.
 * @throws HostOfflineError where a host could not be asked, once the others have ended; what the document ends with
 */
export async function undoEnded(document: DocumentName, key: string, detail: Detail): Promise<Outcome> {
  const commands = parse(commandsSchema, detail['undoCommands'], `the commands that take back ${key}`);
  const unreached = parse(wordsSchema, detail['unreached'], `the hosts that were not reached for ${key}`);
  const outcomes = await Promise.all(commands.map(({ commandId, hosts }) => awaitDocument(document, commandId, hosts)));
  if (!outcomes.every(({ done }) => done)) return { done: false, progress: document };
  if (unreached.length > 0) throw new HostOfflineError(`it was done on the other hosts, but ${unreached.join('; ')}`);
  return { done: true, detail: { undoResults: outcomes.flatMap(({ results }) => results) } };
}
