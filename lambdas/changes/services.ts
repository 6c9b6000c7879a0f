import * as z from 'zod';
import { awaitDocument, sendDocument } from '../run/commands';
import { parse } from '../runtime/parse';
import { defineChange, givenByCaller, type Change } from './define';

type Services = Change<'services'>;

/** systemd gives a unit 90 s to stop (DefaultTimeoutStopSec) before it kills it; two such units and some air. */
const SECONDS = 300;

const stopSchema = z.object({ commandId: z.string() });
const startSchema = z.array(z.object({ commandId: z.string(), hosts: z.array(z.string()).min(1) }));
const attemptSchema = z.number().int().default(0);

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

/** Document start-services. Each attempt has a key of its own, since a key finds its command again, a failed one too. */
async function undo(change: Services) {
  const { run, key, detail } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const undoCommands: z.infer<typeof startSchema> = [];
  for (const [services, hosts] of startLists(change)) {
    const commandId = await sendDocument({
      run,
      key: `${key}-undo-${undoAttempt}-${undoCommands.length}`,
      document: 'start-services',
      hosts,
      parameters: { Services: services },
      executionTimeoutSeconds: SECONDS,
    });
    undoCommands.push({ commandId, hosts });
  }
  return { undoAttempt, undoCommands };
}

/** The end of start-services on every host. */
async function confirmUndo({ key, detail }: Services) {
  const commands = parse(startSchema, detail['undoCommands'], `the commands that take back ${key}`);
  const outcomes = await Promise.all(
    commands.map(({ commandId, hosts }) => awaitDocument('start-services', commandId, hosts)),
  );
  const done = outcomes.every((outcome) => outcome.done);
  return done
    ? { done, detail: { undoResults: outcomes.flatMap(({ results }) => results) } }
    : { done, progress: 'starting services' };
}

export const handler = defineChange('services', {
  read: () => givenByCaller('services'),
  apply,
  confirm,
  undo,
  confirmUndo,
  oneCall: true,
});
