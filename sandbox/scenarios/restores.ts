/** Disasters on top of one: what strikes while a restore is under way. */
import type { FaultStep } from '../databases';
import { damage } from './deleted-and-corrupted-rows';
import type { Scenario, Struck, World } from './scenario';

/** Lays a fault in wait for the next restore, whoever begins it. */
function lieInWait(
  { rds }: World,
  at: FaultStep,
  strike: () => Promise<Struck>,
  then: (kill: () => Promise<void>) => Promise<void> = () => Promise.resolve(),
): Promise<Struck> {
  const struck = new Promise<Struck>((resolve, reject) => {
    rds.nextRestoreFault = {
      at,
      act: async (kill) => {
        try {
          resolve(await strike());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          throw error;
        }
        // A restore that is killed throws through whoever kills it.
        await then(kill);
      },
    };
  });
  // A drill that fails before any restore begins leaves nobody to hear of it.
  struck.catch(() => undefined);
  return struck;
}

/** The host of the database that is being made fails half-way through the copy or the replay. */
export const restoreKilled: Scenario = {
  name: 'restore-killed',
  title: 'The restore fails half-way',
  plan: 'database-recovery',
  inject: (world) => {
    const step: FaultStep = world.random() < 0.5 ? 'copying' : 'replaying';
    const struck = lieInWait(
      world,
      step,
      () => Promise.resolve({ at: new Date(), what: `the restore was killed while ${step}` }),
      (kill) => kill(),
    );
    return Promise.resolve({ at: new Date(), what: `the next restore is killed while ${step}`, struck });
  },
};

/** The same careless person goes on while the restore replays. */
export const damageDuringRestore: Scenario = {
  name: 'damage-during-restore',
  title: 'More rows are damaged while the restore is under way',
  plan: 'database-recovery',
  inject: (world) => {
    const struck = lieInWait(world, 'replaying', () => damage(world));
    return Promise.resolve({ at: new Date(), what: 'the next restore meets more damage while it replays', struck });
  },
};
