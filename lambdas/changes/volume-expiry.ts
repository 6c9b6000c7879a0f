import * as z from 'zod';
import { HostOfflineError, UndoFailedError } from '../../contract/errors';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { defineChange, expiry, givenByCaller, type Change } from './define';
import { documentNeeds } from './rehearse';
import { volumeOf } from './volume-parameters';

type Expiry = Change<'volume-expiry'>;

const SECONDS = 300;
const commandSchema = z.object({ commandId: z.string() });

/** Document remove-snapshots. */
async function apply({ run, key, target }: Expiry) {
  const { volume, hosts } = target;
  const commandId = await sendDocument({
    run,
    key,
    document: 'remove-snapshots',
    hosts,
    parameters: { ...volumeOf(volume), Keep: String(volume.keepSnapshots), Today: expiry(0) },
    executionTimeoutSeconds: SECONDS,
  });
  return { commandId };
}

/** The end of remove-snapshots on every host. */
async function confirm({ key, target, detail }: Expiry) {
  const { commandId } = parse(commandSchema, detail, `the command of ${key}`);
  const { done, results } = await awaitDocument('remove-snapshots', commandId, target.hosts);
  return done ? { done, detail: { results } } : { done, progress: 'removing what has expired' };
}

/** What has expired and was removed cannot be had back. @throws UndoFailedError always */
function undo({ before }: Expiry): Promise<never> {
  const names = Object.entries(before.snapshots).map(([host, list]) => `${host}: ${list.join(', ') || 'none'}`);
  return Promise.reject(
    new UndoFailedError(
      `expired snapshots were removed, which nothing brings back. Before there were ${names.join('; ')}`,
    ),
  );
}

export const handler = defineChange('volume-expiry', {
  read: () => givenByCaller('volume-expiry'),
  apply,
  confirm,
  undo,
  confirmUndo: () => Promise.resolve({ done: true }),
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs: ({ hosts }, run) => documentNeeds(run, ['remove-snapshots'], hosts),
});
