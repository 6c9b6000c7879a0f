import { createHash } from 'node:crypto';
import * as z from 'zod';
import {
  DOCUMENT_EXIT,
  documentNameSchema,
  documentPhysicalName,
  documents,
  readOnlyDocuments,
  type DocumentName,
} from '../../contract/documents';
import {
  AccessDeniedError,
  ApplicationUnhealthyError,
  CertificateExpiredError,
  CertificateKeyMismatchError,
  ConfigurationInvalidError,
  BuildFailedError,
  ChangeConflictError,
  ChangeStateError,
  ContractViolationError,
  DatabaseUnreachableError,
  DiskTooSmallError,
  DiskFullError,
  DocumentFailedError,
  DocumentTimedOutError,
  FenceFailedError,
  FileSystemDamagedError,
  HostOfflineError,
  HostSilentError,
  SnapshotUnsoundError,
  VolumeBusyError,
  VolumeFullError,
  WebServerRefusedError,
  MajorVersionError,
  RecoverySourceMissingError,
  SessionsRemainError,
  ReleaseMissingError,
  ReplicaBehindError,
} from '../../contract/errors';
import { instant } from '../../contract/run';
import {
  DELIVERY_SECONDS,
  cancelCommand,
  findCommand,
  findInvocation,
  hostsBusyWith,
  hostsById,
  isGoing,
  sendCommand,
  type Invocation,
} from '../gateways/commands';
import { outputPrefix } from '../gateways/reports';
import { findRun } from '../gateways/runs';
import { ABSENT, getItem, putItem, queryAll, updateItem } from '../gateways/table';
import { environment } from '../runtime/environment';
import { mistakes, parse } from '../runtime/parse';
import { verifyLease, type ActingRun } from './lease';

/**
 * Documents on hosts, sent once: the intent lies in table `runs` as `RUN#<run>`/`COMMAND#<key>` before SSM is asked, and
 * each command carries it as its comment. What belongs to no run lies under `PROBE#<environment>` and expires.
 */
const commandSchema = z.object({
  key: z.string(),
  document: documentNameSchema,
  comment: z.string(),
  hosts: z.array(z.string()).default([]),
  recordedAt: instant,
  /** Grows where settling cancelled the command and it is sent again. */
  attempt: z.number().int().positive(),
  commandId: z.string().optional(),
  /** It was refused by the only call that sent it: no host has it. */
  unsent: z.boolean().default(false),
  cancelled: z.boolean().default(false),
  ended: z.boolean().default(false),
});
type Recorded = z.infer<typeof commandSchema>;

/**
 * A function that was about to send lives at most 60 s more (contract/tasks), and then SSM delivers or gives up, milliseconds:
 * after that a host which SSM does not list has not got the command.
 */
const LISTED_AFTER = (60 + DELIVERY_SECONDS) * 1000;
const COMMENT_LIMIT = 100;
/** A probe's command is looked at for minutes; a week leaves time to find out what went wrong. */
const PROBE_COMMAND_DAYS = 7;
/** Clocks differ; a command is never looked for among those sent more than this before its intent, milliseconds. */
const SKEW = 60_000;
/** GetCommandInvocation gives the first 24,000 characters of standard output (API reference). */
const OUTPUT_LIMIT = 24_000;
const TAIL = 500;

const table = () => environment('runsTable');
const partition = (runId: string | null) => (runId === null ? `PROBE#${environment('environment')}` : `RUN#${runId}`);
const keyOf = (runId: string | null, key: string) => ({ pk: partition(runId), sk: `COMMAND#${key}` });

/** `<run>/<key>`, and the attempt from the second on; what is too long for SSM ends in a digest instead. */
export function commentOf(runId: string | null, key: string, attempt: number): string {
  const whole = `${runId ?? 'probe'}/${key}${attempt > 1 ? `/${attempt}` : ''}`;
  if (whole.length <= COMMENT_LIMIT) return whole;
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 16);
  return `${whole.slice(0, COMMENT_LIMIT - digest.length - 1)}#${digest}`;
}

/** A document to be run on hosts. */
export interface DocumentToSend {
  /** Null for what belongs to no run. */
  readonly run: ActingRun | null;
  /** Unique in the run. */
  readonly key: string;
  readonly document: DocumentName;
  readonly hosts: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** How long the script may run, seconds. */
  readonly executionTimeoutSeconds: number;
}

/** What is sent for another run is sent by the one that has the lease, which has to find it again when it is settled. */
function asSent(toSend: DocumentToSend): DocumentToSend {
  const { run, key } = toSend;
  if (run?.by === undefined) return toSend;
  const { by, ...of } = run;
  const digest = createHash('sha256').update(of.id).digest('hex').slice(0, 12);
  return { ...toSend, run: { ...of, id: by }, key: `of-${digest}-${key}` };
}

async function requireOnline(hosts: readonly string[]): Promise<void> {
  const known = new Map((await hostsById(hosts)).map((host) => [host.id, host.ping]));
  const missing = hosts.filter((host) => known.get(host) !== 'Online');
  if (missing.length > 0) {
    const words = missing.map((host) => `${host} is ${known.get(host) ?? 'unknown to SSM'}`);
    throw new HostOfflineError(`${words.join(', ')}: every host has to be Online before a command is sent`);
  }
}

/** The intent of this key: recorded now, or found; one whose command settling cancelled is renewed. */
async function recordIntent(toSend: DocumentToSend): Promise<{ intent: Recorded; isNew: boolean }> {
  const runId = toSend.run?.id ?? null;
  const key = keyOf(runId, toSend.key);
  const fresh = (attempt: number): Recorded => ({
    key: toSend.key,
    document: toSend.document,
    hosts: [...toSend.hosts],
    comment: commentOf(runId, toSend.key, attempt),
    recordedAt: new Date().toISOString(),
    attempt,
    unsent: false,
    cancelled: false,
    ended: false,
  });
  const expires = Math.floor(Date.now() / 1000) + PROBE_COMMAND_DAYS * 86_400;
  const item = (recorded: Recorded) => ({ ...key, ...recorded, ...(runId === null ? { expires } : {}) });
  const first = fresh(1);
  if (await putItem(table(), item(first), ABSENT)) return { intent: first, isNew: true };
  const found = parse(commandSchema, await getItem(table(), key), `the command ${toSend.key}`);
  if (found.document !== toSend.document) {
    throw new ContractViolationError(`the command ${toSend.key} is of ${found.document}, not ${toSend.document}`);
  }
  if (!found.cancelled) return { intent: found, isNew: false };
  const again = fresh(found.attempt + 1);
  const unchanged = { expression: 'attempt = :was', values: { ':was': found.attempt } };
  if (await putItem(table(), item(again), unchanged)) return { intent: again, isNew: true };
  return { intent: parse(commandSchema, await getItem(table(), key), `the command ${toSend.key}`), isNew: false };
}

/**
 * What only looks is looked at anew once a person was asked: hours may have passed, and the run resolves again. Until then,
 * and for everything that changes something, a key finds its command again.
 */
async function keyToday({ run, key, document }: DocumentToSend): Promise<string> {
  if (run === null || !readOnlyDocuments.includes(document)) return key;
  const asked = (await findRun(run.id))?.asked ?? 0;
  return asked === 0 ? key : `${key}-again-${asked}`;
}

/**
 * Sends a document to hosts, once for each key: a repeated call finds the command that the first one sent. Between SSM's
 * taking a command and our noting its id a caller may die; it is then found by its comment, and where SSM does not list it
 * yet it is sent twice, which documents bear (docs/architecture.md, Documents).
 * @returns the command's id.
 * @throws ContractViolationError where the parameters are not the document's; LeaseLostError; HostOfflineError.
 */
export async function sendDocument(given: DocumentToSend): Promise<string> {
  const sent = asSent(given);
  const toSend = { ...sent, key: await keyToday(sent) };
  const { run, document, hosts } = toSend;
  parse(documents[document].parameters, toSend.parameters, `the parameters of ${document}`);
  if (run?.mode === 'rehearse' && !readOnlyDocuments.includes(document)) {
    throw new ChangeStateError(`${run.id} is a rehearsal: it may not run ${document}, which changes something`);
  }
  if (run !== null) await verifyLease(run);
  const name = documentPhysicalName(environment('environment'), document);
  const { intent, isNew } = await recordIntent(toSend);
  if (intent.commandId !== undefined) return intent.commandId;
  const since = new Date(Date.parse(intent.recordedAt) - SKEW).toISOString();
  let commandId = isNew ? null : await findCommand(name, intent.comment, since);
  if (commandId === null) {
    if (intent.unsent) await mark(run?.id ?? null, toSend.key, 'unsent', false);
    try {
      await requireOnline(hosts);
      commandId = await sendCommand({
        document: name,
        hosts,
        parameters: { ...toSend.parameters, ExecutionTimeout: String(toSend.executionTimeoutSeconds) },
        comment: intent.comment,
        outputPrefix: outputPrefix(run?.id ?? null),
      });
    } catch (error) {
      // Settling need not wait for what certainly no host has got: this was the only call, and it was refused.
      const isRefused = error instanceof HostOfflineError || error instanceof AccessDeniedError;
      if (isNew && isRefused) await mark(run?.id ?? null, toSend.key, 'unsent', true);
      throw error;
    }
  }
  await mark(run?.id ?? null, toSend.key, 'commandId', commandId);
  return commandId;
}

async function mark(runId: string | null, key: string, field: string, value: string | boolean): Promise<void> {
  const update = { expression: 'SET #field = :value', names: { '#field': field }, values: { ':value': value } };
  await updateItem(table(), keyOf(runId, key), update);
}

/**
 * Cancels every command of a run that still goes on. A host that SSM does not list, or a command whose id was not noted, is
 * waited for as long as it may still be delivered; documents that change nothing are cancelled and not waited for.
 * @returns those still going, in words; empty once all have ended.
 */
export async function quiesceCommands(runId: string): Promise<string[]> {
  const items = await queryAll(table(), partition(runId), { prefix: 'COMMAND#' });
  const recorded = items.map((item) => parse(commandSchema, item, `a command of ${runId}`));
  const still: string[] = [];
  for (const command of recorded.filter(({ ended, unsent }) => !ended && !unsent)) {
    const { document, key } = command;
    const since = new Date(Date.parse(command.recordedAt) - SKEW).toISOString();
    const mayComeYet = Date.now() - Date.parse(command.recordedAt) < LISTED_AFTER;
    const matters = !readOnlyDocuments.includes(document);
    const name = documentPhysicalName(environment('environment'), document);
    const id = command.commandId ?? (await findCommand(name, command.comment, since));
    if (id === null) {
      if (matters && mayComeYet) still.push(`${document} may have been sent`);
      continue;
    }
    const { listed, busy } = await hostsBusyWith(id);
    const missing = mayComeYet ? command.hosts.filter((host) => !listed.includes(host)) : [];
    if (busy.length + missing.length === 0) {
      await mark(runId, key, 'ended', true);
      continue;
    }
    if (!command.cancelled) {
      await mark(runId, key, 'cancelled', true);
      await cancelCommand(id);
    }
    if (matters) still.push(`${document} on ${[...busy, ...missing].join(', ')}`);
  }
  return still;
}

const tail = (text: string) => (text.length > TAIL ? `…${text.slice(-TAIL)}` : text).trim();

/** The documents' own exit codes; every other one is DocumentFailedError. */
const exitErrors: ReadonlyMap<number, new (words: string) => Error> = new Map<number, new (words: string) => Error>([
  [DOCUMENT_EXIT.databaseUnreachable, DatabaseUnreachableError],
  [DOCUMENT_EXIT.fenceFailed, FenceFailedError],
  [DOCUMENT_EXIT.unhealthy, ApplicationUnhealthyError],
  [DOCUMENT_EXIT.configurationInvalid, ConfigurationInvalidError],
  [DOCUMENT_EXIT.certificateExpired, CertificateExpiredError],
  [DOCUMENT_EXIT.keyMismatch, CertificateKeyMismatchError],
  [DOCUMENT_EXIT.webServerRefused, WebServerRefusedError],
  [DOCUMENT_EXIT.backupMissing, RecoverySourceMissingError],
  [DOCUMENT_EXIT.majorVersion, MajorVersionError],
  [DOCUMENT_EXIT.diskTooSmall, DiskTooSmallError],
  [DOCUMENT_EXIT.taken, ChangeConflictError],
  [DOCUMENT_EXIT.sessionsRemain, SessionsRemainError],
  [DOCUMENT_EXIT.snapshotUnsound, SnapshotUnsoundError],
  [DOCUMENT_EXIT.volumeBusy, VolumeBusyError],
  [DOCUMENT_EXIT.fileSystemDamaged, FileSystemDamagedError],
  [DOCUMENT_EXIT.volumeFull, VolumeFullError],
  [DOCUMENT_EXIT.releaseMissing, ReleaseMissingError],
  [DOCUMENT_EXIT.buildFailed, BuildFailedError],
  [DOCUMENT_EXIT.diskFull, DiskFullError],
  [DOCUMENT_EXIT.replicaBehind, ReplicaBehindError],
]);

function exitError(code: number, words: string): Error {
  const Known = exitErrors.get(code) ?? DocumentFailedError;
  return new Known(words);
}

type Ending = { readonly result: unknown } | { readonly error: Error };

function parseOutput(document: DocumentName, { host, output, outputUrl }: Invocation): Ending {
  const where = `${document} on ${host}`;
  const cut = output.length >= OUTPUT_LIMIT || /-{2,3}output truncated-{2,3}\s*$/i.test(output);
  if (cut) {
    const whole = outputUrl === '' ? 'the report bucket' : outputUrl;
    return {
      error: new DocumentFailedError(
        `${where} wrote more than SSM gives back, so its line of JSON is cut off; all of it is in ${whole}`,
      ),
    };
  }
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    return {
      error: new DocumentFailedError(`${where} ended without its line of JSON; its last line is: ${tail(line)}`, {
        cause,
      }),
    };
  }
  const parsed = documents[document].result.safeParse(value);
  if (parsed.success) return { result: parsed.data };
  return {
    error: new DocumentFailedError(
      `${where} ended with another result than its contract's: ${mistakes(parsed.error)}`,
      {
        cause: parsed.error,
      },
    ),
  };
}

/** Judges an invocation that has ended. */
function endingOf(document: DocumentName, invocation: Invocation): Ending {
  const { host, status, details, exitCode, ended } = invocation;
  const where = `${document} on ${host}`;
  if (status === 'Success') return parseOutput(document, invocation);
  // Commands have been reported as not delivered after they had ended well.
  if (details === 'DeliveryTimedOut' && ended && exitCode === 0) return parseOutput(document, invocation);
  if (details === 'ExecutionTimedOut') {
    return {
      error: new DocumentTimedOutError(`${where} ran longer than it may and was stopped: ${tail(invocation.errors)}`),
    };
  }
  if ((details === 'DeliveryTimedOut' && !(ended && exitCode > 0)) || details === 'Undeliverable') {
    return { error: new HostSilentError(`${host} did not take ${document} in time (${details})`) };
  }
  if (status === 'Cancelled' || details === 'Terminated') {
    return { error: new DocumentFailedError(`${where} was cancelled (${details}): ${tail(invocation.errors)}`) };
  }
  if (exitCode > 0)
    return { error: exitError(exitCode, `${where} ended with exit code ${exitCode}: ${tail(invocation.errors)}`) };
  return {
    error: new DocumentFailedError(`${where} ended as ${details}, exit code ${exitCode}: ${tail(invocation.errors)}`),
  };
}

/** A command that was said not to be delivered may have run all the same: it is asked once more before it is judged. */
async function look(commandId: string, host: string): Promise<Invocation | null> {
  const invocation = await findInvocation(commandId, host);
  return invocation?.details === 'DeliveryTimedOut' ? findInvocation(commandId, host) : invocation;
}

export interface DocumentProgress {
  readonly done: boolean;
  /** Complete once `done`. */
  readonly results: { host: string; result: unknown }[];
}

/**
 * Asks how far a document is on each of its hosts. Judged only when it has ended on all of them, so that nothing is taken
 * back on one host while a script still runs on another.
 * @returns each host's result, parsed by the document's contract, once `done`.
 * @throws of the first host where it failed, with the words of all: what its exit code means (`exitErrors`); DocumentTimedOutError; HostSilentError; DocumentFailedError.
 */
export async function awaitDocument(
  document: DocumentName,
  commandId: string,
  hosts: readonly string[],
): Promise<DocumentProgress> {
  const invocations = await Promise.all(hosts.map((host) => look(commandId, host)));
  const ended = invocations.filter((invocation) => invocation !== null).filter(({ status }) => !isGoing(status));
  if (ended.length < hosts.length) return { done: false, results: [] };
  const results: { host: string; result: unknown }[] = [];
  const failures: Error[] = [];
  for (const invocation of ended) {
    const ending = endingOf(document, invocation);
    if ('error' in ending) failures.push(ending.error);
    else results.push({ host: invocation.host, result: ending.result });
  }
  const [first, ...others] = failures;
  if (first === undefined) return { done: true, results };
  if (others.length > 0) first.message = failures.map((failure) => failure.message).join('; ');
  throw first;
}
