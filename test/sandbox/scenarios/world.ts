/** A world in which nothing can be touched but what a test puts there. */
import { seeded, type World } from '../../../sandbox/scenarios';

export function emptyWorld(extra: Partial<World> = {}): World {
  return {
    database: {
      cluster: { withAdmin: () => Promise.reject(new Error('no database')) },
      name: 'none',
      login: 'nobody',
    },
    hosts: new Map(),
    rds: { nextRestoreFault: undefined },
    roles: { attach: () => undefined, all: () => [] },
    random: seeded(1),
    spare: { evaluations: [], users: [] },
    ...extra,
  };
}
