import * as z from 'zod';
import { documents } from '../../contract/documents';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { defineChange, givenByCaller, type Change } from './define';

type Fence = Change<'database-fence'>;

/** Revoking, ending sessions and one refused write a login take seconds; a database at its limit takes longer. */
const SECONDS = 180;

const fenceSchema = z.object({ commandId: z.string() });
const openSchema = z.object({ undoCommandId: z.string() });
const attemptSchema = z.number().int().default(0);

const parametersOf = ({ connection }: Fence['target']) => ({
  Address: connection.address,
  Port: String(connection.port),
  Database: connection.name,
  SslMode: connection.sslMode,
  CaFile: connection.caFile,
  MasterSecretArn: connection.masterSecretArn,
});

/** Document fence-database: revokes CONNECT, ends sessions, proves by writes that have to fail. */
async function apply({ run, key, target }: Fence) {
  const commandId = await sendDocument({
    run,
    key,
    document: 'fence-database',
    hosts: [target.host],
    parameters: {
      ...parametersOf(target),
      Logins: target.logins.map(({ role, secretArn }) => `${role}=${secretArn}`).join(' '),
    },
    executionTimeoutSeconds: SECONDS,
  });
  return { commandId };
}

/** The end of fence-database; `fencedAt`, in the database's time, goes into the journal. */
async function confirm({ key, target, detail }: Fence) {
  const { commandId } = parse(fenceSchema, detail, `the command of ${key}`);
  const { done, results } = await awaitDocument('fence-database', commandId, [target.host]);
  if (!done) return { done, progress: 'fencing the database' };
  return {
    done,
    detail: parse(documents['fence-database'].result, results[0]?.result, 'the result of fence-database'),
  };
}

/** Document open-database: CONNECT for whoever had it before. Each attempt has a key of its own, as for services. */
async function undo({ run, key, target, before, detail }: Fence) {
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const undoCommandId = await sendDocument({
    run,
    key: `${key}-undo-${undoAttempt}`,
    document: 'open-database',
    hosts: [target.host],
    parameters: { ...parametersOf(target), Grantees: before.grantees.join(' ') },
    executionTimeoutSeconds: SECONDS,
  });
  return { undoAttempt, undoCommandId };
}

/** The end of open-database. */
async function confirmUndo({ key, target, detail }: Fence) {
  const { undoCommandId } = parse(openSchema, detail, `the command that takes back ${key}`);
  const { done, results } = await awaitDocument('open-database', undoCommandId, [target.host]);
  return done ? { done, detail: { undoResults: results } } : { done, progress: 'opening the database' };
}

export const handler = defineChange('database-fence', {
  read: () => givenByCaller('database-fence'),
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
});
