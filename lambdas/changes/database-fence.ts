import * as z from 'zod';
import { documents } from '../../contract/documents';
import { HostOfflineError, LifeboatError, UndoFailedError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { isNewEnough, isOnline } from '../gateways/agents';
import { hostsWithTag } from '../gateways/commands';
import { findRun } from '../gateways/runs';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { parametersOf } from './by-document';
import { defineChange, givenByCaller, type Change } from './define';
import { documentNeeds } from './rehearse';

type Fence = Change<'database-fence'>;

/** Revoking, ending sessions and one refused write a login take seconds; a database at its limit takes longer. */
const SECONDS = 180;

const fenceSchema = z.object({ commandId: z.string() });
const openSchema = z.object({ undoCommandId: z.string(), undoHost: z.string() });
const attemptSchema = z.number().int().default(0);

/** Document fence-database: revokes CONNECT, ends sessions, proves by writes that have to fail. */
async function apply({ run, key, target }: Fence) {
  const commandId = await sendDocument({
    run,
    key,
    document: 'fence-database',
    hosts: [target.host],
    parameters: {
      ...parametersOf(target.connection),
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

/** `"name"` as SQL has it. */
const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;

/** How a person opens the database without a host of ours. */
function byHand({ target, before }: Fence): string {
  const { address, port, name } = target.connection;
  const grantees = before.grantees.map((grantee) => (grantee === 'PUBLIC' ? grantee : quoted(grantee)));
  const sql = `GRANT CONNECT ON DATABASE ${quoted(name)} TO ${grantees.join(', ')};`;
  return `Open it by hand, as the master, at ${address} port ${port}: ${sql}`;
}

/** The host that fenced first, then every other one with the application's tag which is online. */
async function hostsToOpenFrom({ run, target }: Fence): Promise<string[]> {
  const hosts = (await findRun(run.id))?.description?.hosts;
  if (hosts === undefined) return [target.host];
  const online = (await hostsWithTag(hosts.tag)).filter(
    (host) => isOnline(host) && isNewEnough(host, hosts.minimumAgentVersion),
  );
  return [target.host, ...online.map(({ id }) => id).filter((id) => id !== target.host)];
}

/**
 * Document open-database: CONNECT for whoever had it before, from the first host that takes it. Each attempt has a key of
 * its own, as for services.
 * @throws UndoFailedError where no host takes it, with the SQL that opens the database by hand
 */
async function undo(change: Fence) {
  const { run, key, target, before, detail } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const offline: string[] = [];
  for (const host of await hostsToOpenFrom(change)) {
    try {
      const undoCommandId = await sendDocument({
        run,
        key: `${key}-undo-${undoAttempt}${host === target.host ? '' : `-${host}`}`,
        document: 'open-database',
        hosts: [host],
        parameters: { ...parametersOf(target.connection), Grantees: before.grantees.join(' ') },
        executionTimeoutSeconds: SECONDS,
      });
      return { undoAttempt, undoCommandId, undoHost: host };
    } catch (error) {
      if (!(error instanceof HostOfflineError)) throw error;
      offline.push(error.message);
    }
  }
  throw new UndoFailedError(`No host is there to open the database from: ${offline.join('; ')}. ${byHand(change)}`);
}

/** The end of open-database. @throws UndoFailedError where it failed, with the SQL that opens the database by hand */
async function confirmUndo(change: Fence) {
  const { key, detail } = change;
  const { undoCommandId, undoHost } = parse(openSchema, detail, `the command that takes back ${key}`);
  try {
    const { done, results } = await awaitDocument('open-database', undoCommandId, [undoHost]);
    return done ? { done, detail: { undoResults: results } } : { done, progress: 'opening the database' };
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.kind === 'transient') throw error;
    throw new UndoFailedError(`${error.name}: ${error.message}. ${byHand(change)}`, { cause: error });
  }
}

const needs = ({ host }: Fence['target'], run: RunRef) =>
  documentNeeds(run, ['fence-database', 'open-database'], [host], 'database');

export const handler = defineChange('database-fence', {
  read: () => givenByCaller('database-fence'),
  apply,
  confirm,
  undo,
  confirmUndo,
  // Sending notes the command's id afterwards: only a host that took none proves that none was sent.
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs,
});
