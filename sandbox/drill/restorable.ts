import { takeBaseBackup } from '../databases';
import { type World } from './world';

/**
 * Takes the first base backup of an RDS instance. A self-hosted database has what the scenario prepares.
 * @returns whether there is a moment yet that can be restored to
 */
export async function restorableIn(world: World): Promise<() => boolean> {
  if (world.description.database.engine === 'self-hosted') return () => true;
  const { source } = world;
  if (source.cluster === undefined) throw new TypeError('the source runs');
  await takeBaseBackup(source.cluster);
  // The first restorable time is the base backup's end, of which RDS tells whole seconds.
  const earliest = await source.cluster.archive.earliestRestorableTime();
  return () => earliest !== undefined && (source.latestRestorable?.getTime() ?? 0) > earliest.getTime() + 1000;
}
