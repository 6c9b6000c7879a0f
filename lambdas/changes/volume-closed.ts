import * as z from 'zod';
import { HostOfflineError } from '../../contract/errors';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { defineChange, givenByCaller, type Change } from './define';
import { sendUndo, undoEnded } from './on-hosts';
import { documentNeeds } from './rehearse';
import { mountOf } from './volume-parameters';

type Closed = Change<'volume-closed'>;

/** systemd gives a mount unit 90 s, and what works in it 90 s before that (DefaultTimeoutStopSec). */
const SECONDS = 300;
const commandSchema = z.object({ commandId: z.string() });

/** Document close-volume. */
async function apply({ run, key, target }: Closed) {
  const commandId = await sendDocument({
    run,
    key,
    document: 'close-volume',
    hosts: target.hosts,
    parameters: mountOf(target.volume),
    executionTimeoutSeconds: SECONDS,
  });
  return { commandId };
}

/** The end of close-volume on every host. @throws VolumeBusyError with who has it open */
async function confirm({ key, target, detail }: Closed) {
  const { commandId } = parse(commandSchema, detail, `the command of ${key}`);
  const { done, results } = await awaitDocument('close-volume', commandId, target.hosts);
  return done ? { done, detail: { results } } : { done, progress: 'unmounting' };
}

/** Document open-volume, where it was mounted before. */
function undo(change: Closed) {
  return sendUndo(change, {
    document: 'open-volume',
    hosts: change.target.hosts.filter((host) => change.before.mounted.includes(host)),
    parameters: mountOf(change.target.volume),
    executionTimeoutSeconds: SECONDS,
  });
}

export const handler = defineChange('volume-closed', {
  read: () => givenByCaller('volume-closed'),
  apply,
  confirm,
  undo,
  confirmUndo: ({ key, detail }) => undoEnded('open-volume', key, detail),
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs: ({ hosts }, run) => documentNeeds(run, ['close-volume', 'open-volume'], hosts),
});
