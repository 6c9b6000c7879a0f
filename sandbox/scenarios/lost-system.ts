/** Everything at once: the data damaged, a broken configuration and a bad release on every host, and a host and the way to them gone. */
import type { Check } from '../../contract/run';
import { badRelease } from './bad-release';
import { configurationDamaged } from './configuration';
import { damage } from './deleted-and-corrupted-rows';
import { missingInfrastructure } from './missing-infrastructure';
import type { Scenario, World } from './scenario';

const parts = [badRelease, configurationDamaged, missingInfrastructure] as const;

async function lookAtAll(world: World): Promise<Check[]> {
  const looked = [];
  for (const part of parts) looked.push(...((await part.look?.(world)) ?? []));
  return looked;
}

/** The application fails at every place at once, so that no host can be believed, and no single plan would do. */
export const lostSystem: Scenario = {
  name: 'lost-system',
  title: 'The data is damaged, hosts are gone, and those left have a bad release and a broken configuration',
  plan: 'full-system-recovery',
  async prepare(world) {
    for (const part of parts) await part.prepare?.(world);
  },
  async inject(world) {
    // The data first: it is by its commit that the observer knows the last good moment.
    const struck = await damage(world);
    const others = [];
    for (const part of parts) others.push(await part.inject(world));
    return { at: struck.at, what: [struck, ...others].map(({ what }) => what).join('; ') };
  },
  look: lookAtAll,
};
