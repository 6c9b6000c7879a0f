import * as z from 'zod';
import { documentNameSchema, type DocumentName } from '../../contract/documents';
import { errors, LifeboatError } from '../../contract/errors';
import { awaitDocument, sendDocument } from '../run/commands';
import type { ActingRun } from '../run/lease';
import { message } from './outcome';

/** Documents on a host one after the other, each begun once the one before it has ended well. */
export interface Link {
  readonly document: DocumentName;
  readonly parameters: Readonly<Record<string, string>>;
  /** How long the script may run, seconds. */
  readonly seconds: number;
  /** Where it fails this is told, and the chain has ended well all the same. */
  readonly lenient?: true;
}

/** The chain of each host; hosts of a batch need not have the same parameters. */
export type ChainOf = (host: string) => readonly Link[];

/** How far one host is. It ends with its last document, or with the first that fails. */
export const progressSchema = z.strictObject({
  host: z.string(),
  at: z.number().int().nonnegative(),
  document: documentNameSchema.nullable(),
  commandId: z.string().nullable(),
  ended: z.boolean(),
  error: z.strictObject({ name: z.string(), message: z.string() }).nullable(),
  /** What its documents said, by name. */
  said: z.record(z.string(), z.unknown()),
});
export type Progress = z.infer<typeof progressSchema>;

interface Sending {
  readonly run: ActingRun;
  /** Of its commands; the host and the document's place in the chain come behind. */
  readonly key: string;
}

const failed = (progress: Progress, error: LifeboatError): Progress => ({
  ...progress,
  ended: true,
  error: { name: error.name, message: error.message },
});

/** Sends what comes at `progress.at`. A host that takes it not has ended there; what passes by itself is thrown on. */
async function send({ run, key }: Sending, chain: ChainOf, progress: Progress): Promise<Progress> {
  const link = chain(progress.host)[progress.at];
  if (link === undefined) return { ...progress, document: null, commandId: null, ended: true };
  const commandId = await sendDocument({
    run,
    key: `${key}-${progress.host}-${progress.at}`,
    document: link.document,
    hosts: [progress.host],
    parameters: link.parameters,
    executionTimeoutSeconds: link.seconds,
  });
  return { ...progress, document: link.document, commandId };
}

/**
 * Sends the first document to every host.
 * @throws what refuses it where no host before has got one: then nothing has been done
 */
export async function beginChain(sending: Sending, chain: ChainOf, hosts: readonly string[]): Promise<Progress[]> {
  const begun: Progress[] = [];
  for (const host of hosts) {
    const fresh = { host, at: 0, document: null, commandId: null, ended: false, error: null, said: {} };
    try {
      begun.push(await send(sending, chain, fresh));
    } catch (error) {
      if (begun.length === 0 || !(error instanceof LifeboatError) || error.kind === 'transient') throw error;
      begun.push(failed(fresh, error));
    }
  }
  return begun;
}

/** The same for taking something back: a host that does not take it keeps it from no other. */
export async function beginChainWhereverPossible(
  sending: Sending,
  chain: ChainOf,
  hosts: readonly string[],
): Promise<Progress[]> {
  const begun: Progress[] = [];
  for (const host of hosts) {
    try {
      begun.push(...(await beginChain(sending, chain, [host])));
    } catch (error) {
      if (!(error instanceof LifeboatError) || error.kind === 'transient') throw error;
      begun.push(failed({ host, at: 0, document: null, commandId: null, ended: false, error: null, said: {} }, error));
    }
  }
  return begun;
}

/** One step on a host: asks for the end of its document, and sends the next. */
async function step(sending: Sending, chain: ChainOf, progress: Progress): Promise<Progress> {
  const { host, at, document, commandId } = progress;
  if (progress.ended || document === null || commandId === null) return { ...progress, ended: true };
  try {
    const { done, results } = await awaitDocument(document, commandId, [host]);
    if (!done) return progress;
    const said = { ...progress.said, [document]: results[0]?.result };
    return await send(sending, chain, { ...progress, at: at + 1, said });
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.kind === 'transient') throw error;
    if (chain(host)[at]?.lenient !== true) return failed(progress, error);
    return { ...progress, ended: true, said: { ...progress.said, [document]: message(error) } };
  }
}

/** One step on every host that has not ended. */
export async function walkChain(
  sending: Sending,
  chain: ChainOf,
  hosts: readonly Progress[],
): Promise<{ readonly hosts: Progress[]; readonly ended: boolean; readonly words: string }> {
  const next: Progress[] = [];
  for (const each of hosts) next.push(await step(sending, chain, each));
  const going = next.filter(({ ended }) => !ended).map(({ host, document }) => `${document ?? ''} on ${host}`);
  return { hosts: next, ended: going.length === 0, words: going.join(', ') };
}

const known = new Map<string, new (words: string) => LifeboatError>(Object.entries(errors));

/** The first failure as the error that it was, with the words of every one. */
export function failureOf(hosts: readonly Progress[]): LifeboatError | null {
  const all = hosts.flatMap(({ host, error }) => (error === null ? [] : [{ host, ...error }]));
  const [first] = all;
  if (first === undefined) return null;
  const ErrorClass = known.get(first.name) ?? errors.DocumentFailedError;
  return new ErrorClass(all.map(({ host, message: words }) => `${host}: ${words}`).join('; '));
}
