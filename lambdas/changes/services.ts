import * as z from 'zod';
import { HostOfflineError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { defineChange, givenByCaller, type Change } from './define';
import { documentNeeds } from './rehearse';

type Services = Change<'services'>;

/** systemd gives a unit 90 s to stop (DefaultTimeoutStopSec) before it kills it; two such units and some air. */
const SECONDS = 300;

const stopSchema = z.object({ commandId: z.string() });
const startSchema = z.array(z.object({ commandId: z.string(), hosts: z.array(z.string()).min(1) }));
const attemptSchema = z.number().int().default(0);
const unreachedSchema = z.array(z.string()).default([]);

/** Document stop-services, in the order given. */
async function apply({ run, key, target }: Services) {
  const commandId = await sendDocument({
    run,
    key,
    document: 'stop-services',
    hosts: target.hosts,
    parameters: { Services: target.services.join(' ') },
    executionTimeoutSeconds: SECONDS,
  });
  return { commandId };
}

/** The end of stop-services on every host. */
async function confirm({ key, target, detail }: Services) {
  const { commandId } = parse(stopSchema, detail, `the command of ${key}`);
  const { done, results } = await awaitDocument('stop-services', commandId, target.hosts);
  return done ? { done, detail: { results } } : { done, progress: 'stopping services' };
}

/** Hosts with the same services to start, in the opposite order of stopping: only those that were active before. */
export function startLists({ target, before }: Pick<Services, 'target' | 'before'>): Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const host of target.hosts) {
    const active = before.active[host] ?? [];
    const list = target.services.filter((service) => active.includes(service)).toReversed();
    if (list.length > 0) lists.set(list.join(' '), [...(lists.get(list.join(' ')) ?? []), host]);
  }
  return lists;
}

/** Sends start-services; a host that does not answer keeps it from no other, and comes back as words. */
async function start(run: Services['run'], key: string, services: string, hosts: readonly string[]) {
  const send = (to: readonly string[], name: string) =>
    sendDocument({
      run,
      key: name,
      document: 'start-services',
      hosts: to,
      parameters: { Services: services },
      executionTimeoutSeconds: SECONDS,
    });
  const commands: z.infer<typeof startSchema> = [];
  const unreached: string[] = [];
  try {
    commands.push({ commandId: await send(hosts, key), hosts: [...hosts] });
  } catch (error) {
    if (!(error instanceof HostOfflineError)) throw error;
    for (const host of hosts) {
      try {
        commands.push({ commandId: await send([host], `${key}-${host}`), hosts: [host] });
      } catch (alone) {
        if (!(alone instanceof HostOfflineError)) throw alone;
        unreached.push(alone.message);
      }
    }
  }
  return { commands, unreached };
}

/** Document start-services. Each attempt has a key of its own, since a key finds its command again, a failed one too. */
async function undo(change: Services) {
  const { run, key, detail } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const undoCommands: z.infer<typeof startSchema> = [];
  const unreached: string[] = [];
  for (const [index, [services, hosts]] of [...startLists(change)].entries()) {
    const started = await start(run, `${key}-undo-${undoAttempt}-${index}`, services, hosts);
    undoCommands.push(...started.commands);
    unreached.push(...started.unreached);
  }
  return { undoAttempt, undoCommands, unreached };
}

/**
 * The end of start-services on every host.
 * @throws HostOfflineError where a host could not be asked, once the others have ended.
 */
async function confirmUndo({ key, detail }: Services) {
  const commands = parse(startSchema, detail['undoCommands'], `the commands that take back ${key}`);
  const unreached = parse(unreachedSchema, detail['unreached'], `the hosts that were not reached for ${key}`);
  const outcomes = await Promise.all(
    commands.map(({ commandId, hosts }) => awaitDocument('start-services', commandId, hosts)),
  );
  if (!outcomes.every(({ done }) => done)) return { done: false, progress: 'starting services' };
  if (unreached.length > 0) {
    throw new HostOfflineError(`the services were started on the other hosts, but ${unreached.join('; ')}`);
  }
  return { done: true, detail: { undoResults: outcomes.flatMap(({ results }) => results) } };
}

const needs = ({ hosts }: Services['target'], run: RunRef) =>
  documentNeeds(run, ['stop-services', 'start-services'], hosts);

export const handler = defineChange('services', {
  read: () => givenByCaller('services'),
  apply,
  confirm,
  undo,
  confirmUndo,
  // Sending notes the command's id afterwards: only a host that took none proves that none was sent.
  oneCall: (refusal) => refusal instanceof HostOfflineError,
  needs,
});
