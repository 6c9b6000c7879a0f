/** What fails in the middle of a plan that has to close the volume: somebody is still in it. */
import { compareFiles, prepareSnapshot } from './damaged-files';
import { NothingToDamageError, sandboxOf, type Scenario } from './scenario';

/**
 * A process of somebody who has left his shell open holds the volume on one host, so it cannot be closed once the services are
 * stopped. The run has to fail there, say who it is, and end with the application healthy on the files that it had. Nothing is
 * damaged: what the run leaves has to be what it found.
 */
export const volumeHeldOpen: Scenario = {
  name: 'volume-held-open',
  title: 'A process on one host keeps the volume open, so it cannot be closed',
  plan: 'file-system-rollback',
  prepare: prepareSnapshot,
  inject: async (world) => {
    const { hosts, realHosts, description } = sandboxOf(world);
    if (description.volume === undefined) throw new NothingToDamageError('the description has no volume');
    const { mountPoint, logicalVolume } = description.volume;
    const at = new Date();
    const [machine] = realHosts;
    if (machine !== undefined) {
      const forgotten = `systemd-run --quiet --collect -p 'WorkingDirectory=${mountPoint}' sleep infinity`;
      const { exitCode, stderr } = await machine.run(forgotten);
      if (exitCode !== 0) throw new NothingToDamageError(`nothing stands in ${mountPoint} of ${machine.id}: ${stderr}`);
      return { at, what: `${machine.id}: a process stands in ${mountPoint}` };
    }
    const last = hosts.toSorted((one, other) => one.id.localeCompare(other.id)).at(-1);
    if (last === undefined) throw new NothingToDamageError('there are no hosts');
    await last.volumeFault({ heldOpen: [logicalVolume] });
    return { at, what: `${last.id}: something holds the volume ${logicalVolume} open` };
  },
  look: compareFiles,
};
