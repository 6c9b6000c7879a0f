import type * as z from 'zod';
import { applicationSchema, type Application, type Description, type EnvironmentName } from './schema';
import type { Site } from './standby';

type Environment = Application['environments'][EnvironmentName];

/** The description has a mistake; the message names each field by its path and says what it should be. */
export class InvalidDescriptionError extends Error {
  override readonly name = 'InvalidDescriptionError';
}

/**
 * Reads an application's description.
 * @throws InvalidDescriptionError with one line a mistake: the field's path and what it should be.
 */
export function application(description: z.input<typeof applicationSchema>): Application {
  const parsed = applicationSchema.safeParse(description);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`);
    throw new InvalidDescriptionError(
      `the application's description has ${lines.length} mistake(s):\n${lines.join('\n')}`,
    );
  }
  return parsed.data;
}

/**
 * One environment's view of the application, as its functions see it.
 * @param site the region whose stack it is; there has to be a standby for any other than `home`
 */
export function describe(of: Application, environment: EnvironmentName, site: Site = 'home'): Description {
  const home = of.environments[environment];
  return {
    application: of.name,
    title: of.title,
    environment,
    objective: of.objectives[of.tier],
    serviceLevels: of.serviceLevels,
    approvals: ofEnvironment(of.approvals, environment),
    schedules: ofEnvironment(of.schedules, environment)
      .filter((schedule) => schedule.site === site)
      .map(({ site: _site, ...schedule }) => schedule),
    site,
    ...(site === 'home' ? asHome(home) : asStandby(home)),
  };
}

function asHome(home: Environment) {
  const { standby } = home;
  if (standby === undefined) return home;
  const { instanceIdentifier, address, fenceSecurityGroupId } = standby.database;
  const { name: publicName } = standby.publicRecord;
  return {
    ...home,
    counterpart: { region: standby.region, instanceIdentifier, address, fenceSecurityGroupId, publicName },
  };
}

/** The same application in the second region: what is called alike there is taken over, what has a region in its name follows. */
function asStandby(home: Environment) {
  const { standby, region } = home;
  if (standby === undefined) throw new InvalidDescriptionError('the description has no standby region');
  const there = (arn: string) => arn.replace(`:${region}:`, `:${standby.region}:`);
  const withSecrets = <T extends { readonly secretArn: string }>(each: T): T => ({
    ...each,
    secretArn: there(each.secretArn),
  });
  const { bucket, ...configuration } = home.configuration;
  const { instanceIdentifier, address, fenceSecurityGroupId } = home.database;
  const own = standby.database;
  return {
    ...home,
    region: standby.region,
    configuration: {
      ...configuration,
      ...(bucket === undefined ? {} : { bucket: standby.configurationBucket ?? bucket }),
      files: configuration.files.map((file) =>
        file.kind === 'env' ? { ...file, secrets: file.secrets.map(withSecrets) } : file,
      ),
    },
    database: {
      ...home.database,
      copyRegion: undefined,
      instanceIdentifier: own.instanceIdentifier,
      address: own.address,
      hostedZoneId: own.hostedZoneId,
      fenceSecurityGroupId: own.fenceSecurityGroupId,
      masterSecretArn: there(home.database.masterSecretArn),
      logins: home.database.logins.map(withSecrets),
    },
    // Certificates and the code of the infrastructure are the home region's; those of the one that waits are not described.
    infrastructure: undefined,
    loadBalancer: { ...home.loadBalancer, certificateArns: [], ...standby.loadBalancer },
    publicRecord: { ...home.publicRecord, ...standby.publicRecord },
    autoScalingGroup: standby.autoScalingGroup,
    launchTemplate: { ...home.launchTemplate, id: standby.launchTemplateId },
    databaseAlarms: standby.databaseAlarms,
    kmsKeyArns: home.kmsKeyArns.map(there),
    // Nothing of the region that waits starts a plan by itself: a person decides, and is the lock between the two leases.
    alarmTriggers: [],
    counterpart: { region, instanceIdentifier, address, fenceSecurityGroupId, publicName: home.publicRecord.name },
  };
}

/** The entries of one environment, without saying so again. */
function ofEnvironment<T extends { readonly environments: readonly EnvironmentName[] }>(
  entries: readonly T[],
  environment: EnvironmentName,
): Omit<T, 'environments'>[] {
  return entries
    .filter(({ environments }) => environments.includes(environment))
    .map(({ environments: _environments, ...entry }) => entry);
}
