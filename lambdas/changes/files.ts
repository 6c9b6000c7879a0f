import * as z from 'zod';
import type { RunRef } from '../../contract/run';
import { HostOfflineError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { beginChain, beginChainWhereverPossible, failureOf, progressSchema, walkChain } from './chain';
import { defineChange, givenByCaller, type Change } from './define';
import { placing, puttingBack } from './files-chains';
import { documentNeeds } from './rehearse';

type Files = Change<'files'>;

const placedSchema = z.object({ hosts: z.array(progressSchema), complete: z.boolean() });
const undoSchema = z.object({ undoAttempt: z.number().int(), undoHosts: z.array(progressSchema) });
const attemptSchema = z.number().int().default(0);

/** The first document of the chain on every host of the batch. */
async function apply(change: Files) {
  const { run, key, target } = change;
  return { hosts: await beginChain({ run, key }, placing(change), target.hosts), complete: false };
}

/**
 * One document after the other on each host, the last of which asks for its health. Where one fails the others of the batch
 * come to their end first. @throws ApplicationUnhealthyError and what else the documents end with, naming the hosts
 */
async function confirm(change: Files) {
  const { run, key, detail } = change;
  const placed = parse(placedSchema, detail, `how far ${key} is`);
  const known = placed.hosts.every(({ ended }) => ended) ? failureOf(placed.hosts) : null;
  if (known !== null) throw known;
  const { hosts, ended, words } = await walkChain({ run, key }, placing(change), placed.hosts);
  // What failed is noted before it is thrown: putting back has to know which hosts are healthy.
  if (!ended || failureOf(hosts) !== null) return { done: false, progress: words, detail: { hosts } };
  return { done: true, detail: { hosts, complete: true } };
}

/** Every host of a batch that was confirmed; of one that was not, those that did not come to health with the files. */
function hostsToPutBack({ target, detail }: Files): readonly string[] {
  const placed = placedSchema.safeParse(detail);
  if (!placed.success || placed.data.complete) return target.hosts;
  return placed.data.hosts.filter(({ ended, error }) => !ended || error !== null).map(({ host }) => host);
}

/** Each attempt has keys of its own, since a key finds its command again. */
async function undo(change: Files) {
  const { run, key, detail } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const sending = { run, key: `${key}-undo-${undoAttempt}` };
  return {
    undoAttempt,
    undoHosts: await beginChainWhereverPossible(sending, puttingBack(change), hostsToPutBack(change)),
  };
}

async function confirmUndo(change: Files) {
  const { run, key, detail } = change;
  const { undoAttempt, undoHosts } = parse(undoSchema, detail, `how far taking back ${key} is`);
  const known = undoHosts.every(({ ended }) => ended) ? failureOf(undoHosts) : null;
  if (known !== null) throw known;
  const sending = { run, key: `${key}-undo-${undoAttempt}` };
  const { hosts, ended, words } = await walkChain(sending, puttingBack(change), undoHosts);
  if (!ended || failureOf(hosts) !== null) return { done: false, progress: words, detail: { undoHosts: hosts } };
  return { done: true, detail: { undoHosts: hosts } };
}

/** What the chains of its source run, there and back. */
function needs(target: Files['target'], run: RunRef) {
  const change: Files = { run, key: 'rehearsed', target, before: { mounted: [...target.hosts] }, detail: {} };
  const [host = ''] = target.hosts;
  const documents = [...placing(change)(host), ...puttingBack(change)(host)].map(({ document }) => document);
  return documentNeeds(run, [...new Set(documents)], target.hosts);
}

export const handler = defineChange('files', {
  read: () => givenByCaller('files'),
  apply,
  confirm,
  undo,
  confirmUndo,
  // Thrown only where no host has got anything.
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs,
});
