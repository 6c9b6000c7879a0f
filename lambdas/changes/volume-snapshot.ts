import * as z from 'zod';
import { HostOfflineError } from '../../contract/errors';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { defineChange, expiry, givenByCaller, type Change } from './define';
import { documentNeeds } from './rehearse';
import { volumeOf } from './volume-parameters';

type Snapshot = Change<'volume-snapshot'>;

const SECONDS = 300;
const commandSchema = z.object({ commandId: z.string() });

/** Document take-snapshot. */
async function apply({ run, key, target }: Snapshot) {
  const { volume, snapshot, hosts } = target;
  const commandId = await sendDocument({
    run,
    key,
    document: 'take-snapshot',
    hosts,
    parameters: {
      ...volumeOf(volume),
      Snapshot: snapshot,
      Megabytes: String(volume.snapshotMegabytes),
      Run: run.id,
      Expires: expiry(volume.keepSnapshotDays),
    },
    executionTimeoutSeconds: SECONDS,
  });
  return { commandId };
}

/** The end of take-snapshot on every host. @throws VolumeFullError */
async function confirm({ key, target, detail }: Snapshot) {
  const { commandId } = parse(commandSchema, detail, `the command of ${key}`);
  const { done, results } = await awaitDocument('take-snapshot', commandId, target.hosts);
  return done ? { done, detail: { results } } : { done, progress: 'taking the snapshot' };
}

/** Nothing that holds data is deleted: a snapshot stays until it expires. */
function undo({ target }: Snapshot) {
  return Promise.resolve({ kept: target.snapshot });
}

export const handler = defineChange('volume-snapshot', {
  read: () => givenByCaller('volume-snapshot'),
  apply,
  confirm,
  undo,
  confirmUndo: () => Promise.resolve({ done: true }),
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs: ({ hosts }, run) => documentNeeds(run, ['take-snapshot'], hosts),
});
