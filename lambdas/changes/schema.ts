import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { documents } from '../../contract/documents';
import { HostOfflineError, UndoFailedError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { parametersOf } from './by-document';
import { defineChange, givenByCaller, type Change } from './define';
import { documentNeeds } from './rehearse';

type Schema = Change<'schema'>;

/** Dropping takes moments, putting a column back on a large table does not. */
const SECONDS = 3600;
/** Reading a short table. */
const LOOK_SECONDS = 60;

const commandSchema = z.object({ commandId: z.string() });

/** Document rollback-schema, on one host. */
async function apply({ run, key, target }: Schema) {
  const commandId = await sendDocument({
    run,
    key,
    document: 'rollback-schema',
    hosts: [target.host],
    parameters: {
      ...parametersOf(target.connection),
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

const undoSchema = z.object({ undoCommandId: z.string() });
const attemptSchema = z.number().int().default(0);

/**
 * Document inspect-schema. Applying the migrations again would bring the tables back, and none of the rows: what was there is in
 * the snapshot, from which the plan `undo` has put a copy into the place of the database by now. That it is there is asked here.
 */
async function undo({ run, key, target, detail }: Schema) {
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const undoCommandId = await sendDocument({
    run,
    key: `${key}-undo-${undoAttempt}`,
    document: 'inspect-schema',
    hosts: [target.host],
    parameters: { ...parametersOf(target.connection), SchemaVersion: target.versions },
    executionTimeoutSeconds: LOOK_SECONDS,
  });
  return { undoAttempt, undoCommandId };
}

/**
 * The end of inspect-schema: every version is applied that was.
 * @throws UndoFailedError where not, with what can be done
 */
async function confirmUndo({ key, target, before, detail }: Schema) {
  const { undoCommandId } = parse(undoSchema, detail, `the command that takes back ${key}`);
  const { done, results } = await awaitDocument('inspect-schema', undoCommandId, [target.host]);
  if (!done) return { done, progress: 'asking for the versions of the schema' };
  const { versions } = parse(documents['inspect-schema'].result, results[0]?.result, 'the result of inspect-schema');
  if (isDeepStrictEqual(versions, before.versions)) return { done };
  throw new UndoFailedError(
    `The schema was ${before.versions[0] ?? 'unknown'} and is ${versions[0] ?? 'unknown'}. What was dropped is in the snapshot ${target.snapshot}, ` +
      `from which {"plan": "database-recovery", "source": {"snapshot": "${target.snapshot}"}} restores, with the loss of everything written since.`,
  );
}

const needs = ({ host }: Schema['target'], run: RunRef) =>
  documentNeeds(run, ['rollback-schema', 'inspect-schema'], [host]);

export const handler = defineChange('schema', {
  read: () => givenByCaller('schema'),
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs,
});
