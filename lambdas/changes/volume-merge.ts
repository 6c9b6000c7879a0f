import * as z from 'zod';
import { HostOfflineError } from '../../contract/errors';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { defineChange, expiry, givenByCaller, type Change } from './define';
import { sendUndo, undoEnded } from './on-hosts';
import { documentNeeds } from './rehearse';
import { mountOf, volumeOf } from './volume-parameters';

type Merge = Change<'volume-merge'>;

/** Taking a snapshot and beginning to merge are moments; a device that is open is waited for some seconds. */
const BEGIN_SECONDS = 300;
/** A merge rewrites at the disk's speed: a hundred gigabytes at 15 MB/s are less than two hours. */
const MERGE_SECONDS = 7200;
/** An undo waits for one merge and makes another, and the script gives up before SSM does. */
const AIR_SECONDS = 900;

const begunSchema = z.object({ commandId: z.string(), awaitCommandId: z.string().optional() });

/** Document merge-snapshot: keeps what is there, and begins. */
async function apply({ run, key, target }: Merge) {
  const { volume, snapshot, safety, hosts } = target;
  const commandId = await sendDocument({
    run,
    key,
    document: 'merge-snapshot',
    hosts,
    parameters: {
      ...volumeOf(volume),
      Snapshot: snapshot,
      Safety: safety,
      Megabytes: String(volume.snapshotMegabytes),
      Run: run.id,
      Expires: expiry(volume.keepSnapshotDays),
    },
    executionTimeoutSeconds: BEGIN_SECONDS,
  });
  return { commandId };
}

/** The end of merge-snapshot, then document await-merge and its end. */
async function confirm({ run, key, target, detail }: Merge) {
  const { hosts, volume, snapshot, safety } = target;
  const begun = parse(begunSchema, detail, `the commands of ${key}`);
  if (begun.awaitCommandId === undefined) {
    const { done, results } = await awaitDocument('merge-snapshot', begun.commandId, hosts);
    if (!done) return { done, progress: 'beginning to merge' };
    const awaitCommandId = await sendDocument({
      run,
      key: `${key}-await`,
      document: 'await-merge',
      hosts,
      parameters: { ...volumeOf(volume), Snapshot: snapshot, Safety: safety, Seconds: String(MERGE_SECONDS) },
      executionTimeoutSeconds: MERGE_SECONDS + AIR_SECONDS,
    });
    return { done: false, progress: 'merging', detail: { begun: results, awaitCommandId } };
  }
  const { done, results } = await awaitDocument('await-merge', begun.awaitCommandId, hosts);
  return done ? { done, detail: { results } } : { done, progress: 'merging' };
}

/** Document undo-merge: the safety snapshot is merged back, and the one that had been merged is taken again. */
function undo(change: Merge) {
  const { run, target } = change;
  return sendUndo(change, {
    document: 'undo-merge',
    hosts: target.hosts,
    parameters: {
      ...mountOf(target.volume),
      Services: target.services.join(' '),
      Snapshot: target.snapshot,
      Safety: target.safety,
      Run: run.id,
      Seconds: String(2 * MERGE_SECONDS),
    },
    executionTimeoutSeconds: 2 * MERGE_SECONDS + AIR_SECONDS,
  });
}

export const handler = defineChange('volume-merge', {
  read: () => givenByCaller('volume-merge'),
  apply,
  confirm,
  undo,
  confirmUndo: ({ key, detail }) => undoEnded('undo-merge', key, detail),
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs: ({ hosts }, run) => documentNeeds(run, ['merge-snapshot', 'await-merge', 'undo-merge'], hosts),
});
