import * as z from 'zod';
import { ContractViolationError, HostOfflineError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { parse } from '../runtime/parse';
import { beginChain, failureOf, progressSchema, walkChain, type ChainOf } from './chain';
import { defineChange, expiry, type Change } from './define';
import { sendUndo, undoEnded } from './on-hosts';
import { documentNeeds } from './rehearse';

type Staged = Change<'files-staged'>;

/** Fetched, read twice, written and read again: a hundred gigabytes at 20 MiB a second take six hours. */
const SECONDS = 21_600;
const REMOVING_SECONDS = 600;
const detailSchema = z.object({ hosts: z.array(progressSchema) });

/** Document stage-files, with each host's own archive. */
function unpacking({ run, target }: Staged): ChainOf {
  const { source, folder, serving, backupFolder, keepReplacedDays } = target;
  if (source.kind === 'lvm-snapshot' || source.kind === 'ebs-snapshot')
    throw new ContractViolationError('only an archive is unpacked');
  return (host) => {
    const archive = source.archives[host];
    if (archive === undefined) throw new ContractViolationError(`no archive was chosen for ${host}`);
    return [
      {
        document: 'stage-files',
        parameters: {
          Folder: folder,
          Serving: serving,
          BackupFolder: backupFolder,
          Archive: archive.name,
          Region: source.region,
          Bucket: source.bucket,
          VersionId: archive.versionId,
          Run: run.id,
          Expires: expiry(keepReplacedDays),
        },
        seconds: SECONDS,
      },
    ];
  };
}

async function apply(change: Staged) {
  const { run, key, target } = change;
  return { hosts: await beginChain({ run, key }, unpacking(change), target.hosts) };
}

/** The end of stage-files on every host. @throws RecoverySourceMissingError, DiskFullError, naming the hosts */
async function confirm(change: Staged) {
  const { run, key, detail } = change;
  const begun = parse(detailSchema, detail, `how far ${key} is`);
  const { hosts, ended, words } = await walkChain({ run, key }, unpacking(change), begun.hosts);
  const failure = failureOf(hosts);
  // Hosts that still unpack are waited for: what one of them wrote is removed with that of the others.
  if (ended && failure !== null) throw failure;
  return ended ? { done: true, detail: { hosts } } : { done: false, progress: words, detail: { hosts } };
}

/** Document unstage-files: what was unpacked and never used. */
const undo = (change: Staged) =>
  sendUndo(change, {
    document: 'unstage-files',
    hosts: change.target.hosts,
    parameters: { Folder: change.target.folder, Run: change.run.id },
    executionTimeoutSeconds: REMOVING_SECONDS,
  });

export const handler = defineChange('files-staged', {
  read: () => Promise.resolve({ staged: false as const }),
  apply,
  confirm,
  undo,
  confirmUndo: ({ key, detail }) => undoEnded('unstage-files', key, detail),
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs: ({ hosts }: Staged['target'], run: RunRef) => documentNeeds(run, ['stage-files', 'unstage-files'], hosts),
});
