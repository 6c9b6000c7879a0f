import { changeKinds, type ChangeKind, type JournalEntry } from '../../contract/changes';
import type { RunRef } from '../../contract/run';
import {
  InvalidInputError,
  RunElsewhereError,
  RunNotFinishedError,
  RunSupersededError,
  RunUnknownError,
  NothingToUndoError,
} from '../../contract/errors';
import { undoTasks } from '../../contract/tasks/undo';
import { whyItStays } from '../../contract/undo';
import { findRun, type RunRecord } from '../gateways/runs';
import { listChanges, recordChecks, recordDecision } from '../run/journal';
import { runsAfter, verifyLease } from '../run/lease';
import { handler as task } from '../runtime/handler';
import { knownBefore } from './before';
import { databasesOf } from './databases';
import { lossless, moveOf, restOf } from './regions';
import { resourcesOf } from './resources';
import { presentDatabase, snapshotBehind } from './schema';
import { leftOf, walkOf } from './walk';
import { requireTheWayToTheHosts } from './way';

async function finished(run: RunRef, of: string): Promise<RunRecord & { fencingToken: number }> {
  const record = await findRun(of);
  if (record === null) throw new RunUnknownError(`No run ${of} is recorded in ${run.environment}.`);
  if (record.environment !== run.environment) {
    throw new RunElsewhereError(`${of} changed ${record.environment}, and this is ${run.environment}.`);
  }
  if (record.settledAt === undefined) {
    throw new RunNotFinishedError(
      `${of} is ${record.status} and not settled yet: settling takes back what must not stay.`,
    );
  }
  const { fencingToken } = record;
  if (record.plan === 'undo') {
    throw new NothingToUndoError(`${of} took back another run: start that run's plan again instead of undoing this.`);
  }
  if (fencingToken === undefined) throw new NothingToUndoError(`${of} never had the lease, so it changed nothing.`);
  return { ...record, fencingToken };
}

const restarting: readonly ChangeKind[] = ['release', 'configuration', 'files', 'files-volume', 'volume-merge'];

/** Where Auto Scaling itself replaces the instances it has to be let do so. */
const hostsRestart = (walk: readonly JournalEntry[]): boolean =>
  walk.some(({ kind }) => restarting.includes(kind)) && !walk.some(({ kind }) => kind === 'instance-refresh');

/** @throws RunSupersededError naming the later run and what both changed */
async function requireNewest(run: RunRef, of: string, token: number, walk: readonly JournalEntry[]): Promise<void> {
  const ours = new Set(walk.flatMap((entry) => [...resourcesOf(entry)]));
  for (const later of await runsAfter(run.environment, token)) {
    if (later === run.id) continue;
    for (const entry of leftOf(await listChanges(later))) {
      const shared = [...resourcesOf(entry)].filter((resource) => ours.has(resource));
      if (shared.length > 0) {
        const isUndo = (await findRun(later))?.plan === 'undo';
        throw new RunSupersededError(
          `${later} changed ${shared.slice(0, 3).join(', ')} after ${of} had (${entry.key}): ${isUndo ? 'it is an undo itself, and what it put there serves now. Nothing was changed.' : `undo ${later} first.`}`,
        );
      }
    }
  }
}

/**
 * Reads the journal of the run that is to be undone, refuses what cannot be, and says what is taken back and in which
 * order. Nothing is changed but this run's own evidence.
 */
export const handler = task(undoTasks['undo-open'], async ({ run, request, description }) => {
  await verifyLease(run);
  const of = request.run;
  if (of === undefined) throw new InvalidInputError('run: should be given, undo cannot begin without it');
  const { fencingToken, plan } = await finished(run, of);
  const journal = await listChanges(of);
  const walk = walkOf(of, journal);
  const move = moveOf(of, walk, journal, description);
  await requireNewest(run, of, fencingToken, walk);
  const way = await requireTheWayToTheHosts(of, walk, description);
  const snapshot = snapshotBehind(walk);
  const databases =
    snapshot === null ? databasesOf(of, walk, description.database) : presentDatabase(description.database);
  await recordDecision(run.id, {
    at: new Date().toISOString(),
    subject: `what is taken back of ${of}`,
    choice: walk.map(({ key }) => key).join(', '),
    reason: `what ${plan ?? 'the run'} left in force: traffic before data before hosts, the last change first${move === null ? '' : '; the database over there is opened and proved before users are led to it'}`,
    alternatives: journal.flatMap(({ key, kind }) => {
      const because = whyItStays(kind);
      return because === undefined ? [] : [{ choice: key, because }];
    }),
  });
  await recordChecks(run.id, [...way, ...(await knownBefore(walk, description))]);
  const records = walk.flatMap(({ kind, target }) =>
    kind === 'dns-record' ? [changeKinds[kind].target.parse(target).ttlSeconds] : [],
  );
  const closes = journal.some(({ kind, state }) => kind === 'services' && state !== 'not-applied');
  return {
    of,
    walk: (move === null ? walk : restOf(walk, move)).map(({ key, kind }) => ({ key, kind })),
    holds: closes || hostsRestart(walk),
    closes,
    ttlSeconds: Math.max(0, ...records),
    databases,
    regions: move === null ? null : { instead: lossless(description) },
    snapshot,
  };
});
