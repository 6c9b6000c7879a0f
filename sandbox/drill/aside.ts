import type { Deployment } from '../deployment';
import type { Random, World as Damageable } from '../scenarios';
import type { World } from './world';

/** How a run ended that somebody started beside the drill's own. */
export interface Aside {
  readonly id: string;
  readonly error?: string;
}

/** Starts `recovery` as an operator would and waits for its end. */
export async function startAside(
  deployment: Deployment,
  world: World,
  id: string,
  input: Readonly<Record<string, unknown>>,
): Promise<Aside> {
  const entry = deployment.start(`lifeboat-${world.description.environment}-recovery`, input, id);
  const { error } = await entry.execution.done;
  return { id, ...(error === undefined ? {} : { error }) };
}

/** What a scenario may touch. */
export function damageableParts(
  world: World,
  deployment: Deployment,
  random: Random,
  start: NonNullable<Damageable['start']>,
): Damageable {
  const { cluster } = world;
  const [login] = world.description.database.logins;
  if (login === undefined) throw new TypeError('the application has a login');
  return {
    database: { cluster, name: world.description.database.name, login: login.role },
    hosts: new Map(world.allHosts.map((host) => [host.id, host])),
    rds: world.rds.plane,
    roles: deployment.parts.roles,
    random,
    spare: { evaluations: [1], users: [1, 2, 3] },
    sandbox: world,
    start,
  };
}
