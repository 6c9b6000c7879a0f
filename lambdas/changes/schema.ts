import * as z from 'zod';
import { HostOfflineError, UndoFailedError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { defineChange, givenByCaller, type Change } from './define';
import { documentNeeds } from './rehearse';

type Schema = Change<'schema'>;

/** Dropping takes moments, putting a column back on a large table does not. */
const SECONDS = 3600;

const commandSchema = z.object({ commandId: z.string() });

/** Document rollback-schema, on one host. */
async function apply({ run, key, target }: Schema) {
  const { connection } = target;
  const commandId = await sendDocument({
    run,
    key,
    document: 'rollback-schema',
    hosts: [target.host],
    parameters: {
      Address: connection.address,
      Port: String(connection.port),
      Database: connection.name,
      SslMode: connection.sslMode,
      CaFile: connection.caFile,
      MasterSecretArn: connection.masterSecretArn,
      SchemaVersion: target.versions,
      Releases: target.releasesFolder,
      Target: target.release,
      Version: target.version,
    },
    executionTimeoutSeconds: SECONDS,
  });
  return { commandId };
}

/** The end of rollback-schema, which has proved the version. */
async function confirm({ key, target, detail }: Schema) {
  const { commandId } = parse(commandSchema, detail, `the command of ${key}`);
  const { done, results } = await awaitDocument('rollback-schema', commandId, [target.host]);
  return done ? { done, detail: { results } } : { done, progress: 'undoing migrations' };
}

/**
 * Applying the migrations again would bring the tables back, and none of the rows.
 * @throws UndoFailedError always, with what can be done
 */
function undo({ target, before }: Schema): Promise<never> {
  return Promise.reject(
    new UndoFailedError(
      `The schema was ${before.versions[0] ?? 'unknown'} and is ${target.version}. Applying the migrations again brings back tables and columns, not what was in ` +
        `them: that is in the snapshot ${target.snapshot}, from which {"plan": "database-recovery", "source": {"snapshot": "${target.snapshot}"}} restores, with the loss of everything written since.`,
    ),
  );
}

const needs = ({ host }: Schema['target'], run: RunRef) => documentNeeds(run, ['rollback-schema'], [host]);

export const handler = defineChange('schema', {
  read: () => givenByCaller('schema'),
  apply,
  confirm,
  undo,
  confirmUndo: () => Promise.resolve({ done: false }),
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs,
});
