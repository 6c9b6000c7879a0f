import * as z from 'zod';
import { HostOfflineError, LifeboatError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { defineChange, expiry, givenByCaller, type Change } from './define';
import { documentNeeds } from './rehearse';

type Configuration = Change<'configuration'>;

/** Fetching and checking take seconds, two units up to 90 s each to stop, and health 15 times 12 s at most. */
const PLACING_SECONDS = 600;
const PUTTING_BACK_SECONDS = 300;
const HEALTH = { Attempts: '15', SecondsBetween: '2' };

const placedSchema = z.object({ commandId: z.string() });
const undoSchema = z.object({ undoCommandId: z.string().nullable(), undoHosts: z.array(z.string()) });
const attemptSchema = z.number().int().default(0);

/** Document place-configuration, on all the hosts of the batch. */
async function apply({ run, key, target }: Configuration) {
  const commandId = await sendDocument({
    run,
    key,
    document: 'place-configuration',
    hosts: target.hosts,
    parameters: { ...target.parameters, ...HEALTH, Run: run.id, Expires: expiry(target.expiresInDays) },
    executionTimeoutSeconds: PLACING_SECONDS,
  });
  return { commandId };
}

/** The end of place-configuration on every host, healthy. What a host answers goes into the journal: hashes and units. */
async function confirm({ key, target, detail }: Configuration) {
  const { commandId } = parse(placedSchema, detail, `the command of ${key}`);
  const { done, results } = await awaitDocument('place-configuration', commandId, target.hosts);
  return done ? { done, detail: { results } } : { done, progress: 'placing the configuration' };
}

/** Whether a host came to health with it: such a host stays, where the others of its batch failed. */
async function isPlaced(commandId: string, host: string): Promise<boolean> {
  try {
    return (await awaitDocument('place-configuration', commandId, [host])).done;
  } catch (error) {
    if (!(error instanceof LifeboatError) || error.kind === 'transient') throw error;
    return false;
  }
}

/** Every host of a batch that was confirmed, or that nobody asks for health; of another one, those that did not come to health. */
async function hostsToPutBack({ target, detail }: Configuration): Promise<string[]> {
  const placed = placedSchema.safeParse(detail);
  const all = detail['results'] !== undefined || target.parameters.HealthUrls === '';
  if (!placed.success || all) return [...target.hosts];
  const hosts = await Promise.all(
    target.hosts.map(async (host) => ((await isPlaced(placed.data.commandId, host)) ? [] : [host])),
  );
  return hosts.flat();
}

/** Document put-back-configuration. Each attempt has a key of its own, since a key finds its command again. */
async function undo(change: Configuration) {
  const { run, key, target, detail } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const undoHosts = await hostsToPutBack(change);
  const { Root, Files, Secrets, Kept } = target.parameters;
  const undoCommandId =
    undoHosts.length === 0
      ? null
      : await sendDocument({
          run,
          key: `${key}-undo-${undoAttempt}`,
          document: 'put-back-configuration',
          hosts: undoHosts,
          parameters: { Root, Files, Secrets, Kept, Run: run.id },
          executionTimeoutSeconds: PUTTING_BACK_SECONDS,
        });
  return { undoAttempt, undoCommandId, undoHosts };
}

/** The end of put-back-configuration on every host. */
async function confirmUndo({ key, detail }: Configuration) {
  const { undoCommandId, undoHosts } = parse(undoSchema, detail, `the command that takes back ${key}`);
  if (undoCommandId === null) return { done: true };
  const { done, results } = await awaitDocument('put-back-configuration', undoCommandId, undoHosts);
  return done ? { done, detail: { undoResults: results } } : { done, progress: 'putting the configuration back' };
}

const needs = ({ hosts }: Configuration['target'], run: RunRef) =>
  documentNeeds(run, ['place-configuration', 'put-back-configuration'], hosts);

export const handler = defineChange('configuration', {
  read: () => givenByCaller('configuration'),
  apply,
  confirm,
  undo,
  confirmUndo,
  // Sending notes the command's id afterwards: only a host that took none proves that none was sent.
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs,
});
