import { LifeboatError, RecoverySourceMissingError } from '../../contract/errors';
import { databaseTasks, type AvailableSources } from '../../contract/tasks/database';
import { currentInstance } from '../gateways/current-instance';
import { lastPass } from '../gateways/evidence';
import { automatedBackups, snapshotsOf, type AutomatedBackup, type Snapshot } from '../gateways/rds-backups';
import { handler as task } from '../runtime/handler';

type CopiedSnapshot = AvailableSources['copiedSnapshots'][number];

/** Limits of the task's result. */
const MAXIMUM_BACKUPS = 20;
const MAXIMUM_SNAPSHOTS = 100;

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
const newestFirst = (one: string, other: string) => Date.parse(other) - Date.parse(one);

/** Automated backups of all these instances, each once: the current one's first, then by their latest moment. */
async function backups(identifiers: readonly string[], resourceIds: readonly string[]): Promise<AutomatedBackup[]> {
  const found = await Promise.all([
    ...resourceIds.map((resourceId) => automatedBackups({ resourceId })),
    ...identifiers.map((instanceIdentifier) => automatedBackups({ instanceIdentifier })),
  ]);
  const [current] = resourceIds;
  return [...new Map(found.flat().map((each) => [each.resourceId, each])).values()]
    .toSorted(
      (one, other) =>
        Number(other.resourceId === current) - Number(one.resourceId === current) ||
        newestFirst(one.latest, other.latest),
    )
    .slice(0, MAXIMUM_BACKUPS);
}

/** Snapshots that can be restored, newest first. */
async function snapshots(identifiers: readonly string[], region?: string) {
  const found = await Promise.all(identifiers.map((identifier) => snapshotsOf(identifier, region)));
  return found
    .flat()
    .flatMap((each: Snapshot) =>
      each.status === 'available' && each.takenAt !== null ? [{ ...each, takenAt: each.takenAt }] : [],
    )
    .toSorted((one, other) => newestFirst(one.takenAt, other.takenAt))
    .slice(0, MAXIMUM_SNAPSHOTS);
}

/** Finds the instance behind the application's name, its settings and everything to restore from. */
export const handler = task(databaseTasks['source-inspect'], async ({ database }, { log }) => {
  if (database.engine === 'self-hosted')
    throw new RecoverySourceMissingError(
      `This plan restores instances of RDS, and ${database.address} is a server of one's own: nothing was changed. database-recovery and database-rollback restore such a server from its backups.`,
    );
  const current = await currentInstance(database);
  const evidence = await lastPass();
  // A recovery before this one may have replaced the instance whose backups hold the last known good moment.
  const identifiers = unique([
    current.instanceIdentifier,
    database.instanceIdentifier,
    ...(evidence === null ? [] : [evidence.instance.instanceIdentifier]),
  ]);
  const resourceIds = unique([current.resourceId, ...(evidence === null ? [] : [evidence.instance.resourceId])]);

  async function copies(): Promise<CopiedSnapshot[]> {
    const region = database.copyRegion;
    if (region === undefined) return [];
    try {
      const found = await snapshots(identifiers, region);
      return found.map(({ arn, takenAt }) => ({ snapshotArn: arn, region, takenAt }));
    } catch (error) {
      // The copies are the last resort: while their region does not answer, what is here can still be restored.
      if (!(error instanceof LifeboatError) || error.kind !== 'transient') throw error;
      log.warn('the copies cannot be listed', { region, error });
      return [];
    }
  }

  const [pointInTime, here, copiedSnapshots] = await Promise.all([
    backups(identifiers, resourceIds),
    snapshots(identifiers),
    copies(),
  ]);
  return {
    current,
    sources: { pointInTime, snapshots: here.map(({ snapshot, takenAt }) => ({ snapshot, takenAt })), copiedSnapshots },
  };
});
