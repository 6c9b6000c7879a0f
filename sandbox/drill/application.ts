import { join } from 'node:path';
import * as z from 'zod';
import { createRepository, fillDatabase, type Filled } from '../applications/interview-drills';
import { templateData } from './instances';
import { type World } from './world';

/** The version that the application runs in a drill. */
export const VERSION = 'v1.3.0';

/** Puts the sample application on every host of a world and fills its database on the server itself. */
export async function provision(world: World, note: (text: string) => void, evaluations?: number): Promise<Filled> {
  await installEverywhere(world, note, true);
  return await fill(world, note, evaluations);
}

/** Puts the sample application on every host. @param migrate whether the first one brings the schema to the version's */
export async function installEverywhere(world: World, note: (text: string) => void, migrate: boolean): Promise<void> {
  const { description } = world;
  const { database } = description;
  const [login] = database.logins;
  const [first, ...others] = world.allHosts;
  if (login === undefined || first === undefined) throw new TypeError('an application has a login and a host');
  const repository = createRepository(join(world.folder, 'repository'));
  const setup = {
    repository,
    tag: VERSION,
    database: {
      host: database.address,
      port: world.cluster.options.address.port,
      name: database.name,
      ssl: { mode: database.sslMode, ca: world.authority.certificate },
    },
    secretId: login.secretArn,
    region: description.region,
    site: world.authority.issue([new URL(description.publicUrl).hostname]),
    session: world.passwords.session,
  };
  note(`installing the application on host ${first.id}`);
  await world.instances.install(first, { ...setup, migrate });
  for (const host of others) {
    note(`installing the application on host ${host.id}`);
    await world.instances.install(host, setup);
  }
  for (const host of world.allHosts) await world.instances.trust(host);
  // What Auto Scaling launches from now on gets the same, at the release that its launch template names.
  world.instances.setup = setup;
  world.ec2.launchTemplates.add({
    id: description.launchTemplate.id,
    name: description.autoScalingGroup,
    data: templateData(description, VERSION),
  });
}

async function fill(world: World, note: (text: string) => void, evaluations?: number): Promise<Filled> {
  const { database } = world.description;
  note('filling the database');
  return await world.cluster.withAdmin(database.name, (admin) =>
    fillDatabase(
      {
        query: async (text, values) => {
          return { rows: await admin.query(z.unknown(), text, values) };
        },
      },
      evaluations === undefined ? {} : { evaluations },
    ),
  );
}
