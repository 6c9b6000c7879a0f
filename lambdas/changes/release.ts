import * as z from 'zod';
import { HostOfflineError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { awaitDocument, sendDocument } from '../run/commands';
import { listChanges } from '../run/journal';
import { parse } from '../runtime/parse';
import { defineChange, givenByCaller, type Change } from './define';
import { documentNeeds } from './rehearse';

type Release = Change<'release'>;

/** 30 questions of at most 10 s and 2 s between them, twice where a host is put back, and some air. */
const SECONDS = 900;
const ATTEMPTS = { Attempts: '30', SecondsBetween: '2' };

const commandsSchema = z.array(z.object({ commandId: z.string(), hosts: z.array(z.string()).min(1) }));
const attemptSchema = z.number().int().default(0);
const namesSchema = z.array(z.string()).default([]);

/** Hosts by the folder that they get: a release may lie in another one where its own was spoilt. */
function byFolder(hosts: readonly string[], folderOf: (host: string) => string | undefined): [string, string[]][] {
  const groups = new Map<string, string[]>();
  for (const host of hosts) {
    const folder = folderOf(host);
    if (folder !== undefined) groups.set(folder, [...(groups.get(folder) ?? []), host]);
  }
  return [...groups];
}

/** Document switch-release. */
function send({ run, target }: Release, key: string, folder: string, hosts: readonly string[], required: 'yes' | 'no') {
  return sendDocument({
    run,
    key,
    document: 'switch-release',
    hosts,
    parameters: {
      Folder: target.folder,
      Releases: target.releasesFolder,
      Target: folder,
      Services: target.services.join(' '),
      HealthUrl: target.healthUrl,
      ...ATTEMPTS,
      RequireHealth: required,
    },
    executionTimeoutSeconds: SECONDS,
  });
}

/** Document switch-release on every host; one that does not become healthy puts itself back. */
async function apply(change: Release) {
  const { key, target } = change;
  const commands: z.infer<typeof commandsSchema> = [];
  for (const [index, [folder, hosts]] of byFolder(target.hosts, (host) => target.folders[host]).entries()) {
    commands.push({ commandId: await send(change, `${key}-${index}`, folder, hosts, 'yes'), hosts });
  }
  return { commands };
}

/** The end of switch-release on every host. @throws ApplicationUnhealthyError, naming the host and that it was put back */
async function confirm({ key, detail }: Release) {
  const commands = parse(commandsSchema, detail['commands'], `the commands of ${key}`);
  const outcomes = await Promise.all(
    commands.map(({ commandId, hosts }) => awaitDocument('switch-release', commandId, hosts)),
  );
  if (!outcomes.every(({ done }) => done)) return { done: false, progress: 'switching and waiting for health' };
  return { done: true, detail: { results: outcomes.flatMap(({ results }) => results) } };
}

/**
 * Whether a release that was not healthy goes back as well: a run that fails must not put a dead release back, a person who
 * undoes one may want just that. Not where the run had stopped the services, to restore what they live on too: by then that
 * is taken back, and nothing may fail any more.
 */
async function evenTheDead({ run }: Release): Promise<boolean> {
  return run.by !== undefined && !(await listChanges(run.id)).some(({ kind }) => kind === 'services');
}

/**
 * Document switch-release, back to what served before. A host whose release was not healthy before stays on the new one, or
 * (`evenTheDead`) puts itself back to the new one where it does not become healthy. One that cannot be reached keeps no other
 * from being put back.
 */
async function undo(change: Release) {
  const { key, target, before, detail } = change;
  const undoAttempt = parse(attemptSchema, detail['undoAttempt'], `the attempts at taking back ${key}`) + 1;
  const wasHealthy = (host: string) => before.serving[host]?.healthy === true;
  const all = await evenTheDead(change);
  const back = target.hosts.filter((host) => all || wasHealthy(host));
  const stays = target.hosts.filter((host) => !back.includes(host));
  const undoCommands: z.infer<typeof commandsSchema> = [];
  const unreached: string[] = [];
  for (const host of back) {
    const folder = before.serving[host]?.folder ?? '';
    const required = wasHealthy(host) ? 'no' : 'yes';
    try {
      const commandId = await send(change, `${key}-undo-${undoAttempt}-${host}`, folder, [host], required);
      undoCommands.push({ commandId, hosts: [host] });
    } catch (error) {
      if (!(error instanceof HostOfflineError)) throw error;
      unreached.push(error.message);
    }
  }
  return { undoAttempt, undoCommands, unreached, stays };
}

/** The end of switch-release on every host. @throws HostOfflineError where a host could not be asked */
async function confirmUndo({ key, detail }: Release) {
  const commands = parse(commandsSchema, detail['undoCommands'], `the commands that take back ${key}`);
  const unreached = parse(namesSchema, detail['unreached'], `the hosts that were not reached for ${key}`);
  const outcomes = await Promise.all(
    commands.map(({ commandId, hosts }) => awaitDocument('switch-release', commandId, hosts)),
  );
  if (!outcomes.every(({ done }) => done)) return { done: false, progress: 'switching back' };
  if (unreached.length > 0) {
    throw new HostOfflineError(`the other hosts serve what they served before, but ${unreached.join('; ')}`);
  }
  return { done: true, detail: { undoResults: outcomes.flatMap(({ results }) => results) } };
}

const needs = ({ hosts }: Release['target'], run: RunRef) => documentNeeds(run, ['switch-release'], hosts);

export const handler = defineChange('release', {
  read: () => givenByCaller('release'),
  apply,
  confirm,
  undo,
  confirmUndo,
  // One command for each folder, and none of them known when one could not be noted.
  oneCall: false,
  needs,
});
