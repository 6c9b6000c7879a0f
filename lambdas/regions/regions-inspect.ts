import type { Description } from '../../contract/description';
import {
  LifeboatError,
  RecoverySourceMissingError,
  RegionUnfitError,
  ServiceUnavailableError,
} from '../../contract/errors';
import type { Check, RunRef } from '../../contract/run';
import { regionTasks, type InstanceHere, type PrimaryThere, type RegionalSources } from '../../contract/tasks/regions';
import { currentInstance } from '../gateways/current-instance';
import { storedSettings } from '../gateways/evidence';
import { describeInstance, type Instance } from '../gateways/rds';
import { replicatedBackups, snapshotsOf } from '../gateways/rds-backups';
import { rdsQuota } from '../gateways/rds-quotas';
import { isSwitched } from '../gateways/region-switch';
import { recordChecks } from '../run/journal';
import { handler as task } from '../runtime/handler';

type Two = Description & {
  readonly counterpart: NonNullable<Description['counterpart']>;
  readonly standby: NonNullable<Description['standby']>;
};

/** Where each plan is started: in the region that takes over. */
const startedIn = (plan: RunRef['plan']) => (plan === 'fail-back' ? 'home' : 'standby');

function twoRegions(description: Description, plan: RunRef['plan']): Two {
  const { counterpart, standby, site, region } = description;
  if (counterpart === undefined || standby === undefined) {
    throw new RegionUnfitError(`The description names no standby region: ${plan} has nowhere to go.`);
  }
  if (site !== startedIn(plan)) {
    throw new RegionUnfitError(
      `${plan} is started in the region that takes over. This is ${region}; start it in ${counterpart.region}. Nothing was changed.`,
    );
  }
  return { ...description, counterpart, standby };
}

/** Capacity and quotas of this region; each is a check, and one that fails refuses the run. */
async function fitness(
  { standby, autoScalingGroup }: Two,
  hosts: readonly string[],
  makesOne: boolean,
): Promise<Check[]> {
  const enough = hosts.length >= standby.hosts;
  const quota = await rdsQuota('DBInstances');
  const room = quota === null || quota.used < quota.maximum;
  return [
    {
      name: 'capacity: hosts of this region',
      status: enough ? 'passed' : 'failed',
      expected: `${standby.hosts} online`,
      actual: `${hosts.length} online${enough ? '' : `; raise the desired capacity of ${autoScalingGroup} first`}`,
      evidence: 'ssm:DescribeInstanceInformation',
    },
    {
      name: 'quota: database instances of this region',
      status: quota === null ? 'not-checkable' : room || !makesOne ? 'passed' : 'failed',
      expected: makesOne ? 'room for one more' : 'none more is needed while the replica is there',
      actual: quota === null ? 'RDS tells no such quota' : `${quota.used} of ${quota.maximum} used`,
      evidence: 'rds:DescribeAccountAttributes',
    },
  ];
}

/** Who serves by the switch; null where its region does not answer. */
async function standbyServes({ standby }: Two): Promise<boolean | null> {
  const { switchBucket: bucket, switchKey: key } = standby.traffic;
  try {
    return await isSwitched({ region: standby.region, bucket, key });
  } catch (error) {
    if (error instanceof LifeboatError && error.kind === 'transient') return null;
    throw error;
  }
}

const plain = ({ identifier, resourceId, status, endpoint }: Instance) => ({
  instanceIdentifier: identifier,
  resourceId,
  status,
  endpoint,
});

/**
 * A replica has no backups of its own unless somebody asked for them: what takes its place as the primary has to have them, or
 * it could neither be restored nor followed by a replica (RDS guide, Working with read replicas).
 */
const asPrimary = (settings: InstanceHere['settings'], { standby }: Two): InstanceHere['settings'] => ({
  ...settings,
  BackupRetentionPeriod: Math.max(settings.BackupRetentionPeriod, standby.database.backupRetentionDays),
});

/** The replica here, or what this region's integrity probe stored of it. Asks no control plane of the other region. */
async function replicaHere(two: Two): Promise<InstanceHere> {
  const { instanceIdentifier } = two.database;
  const instance = await describeInstance(instanceIdentifier);
  if (instance !== null && instance.settings !== null)
    return { ...plain(instance), settings: asPrimary(instance.settings, two), follows: instance.follows };
  const stored = await storedSettings(instanceIdentifier);
  if (stored === null) {
    throw new RecoverySourceMissingError(
      `${instanceIdentifier} ${instance === null ? 'is gone' : `is ${instance.status}`}, and no integrity probe of this region stored its settings: nothing says what to restore it like.`,
    );
  }
  const settings = asPrimary(stored.settings, two);
  const { resourceId } = stored;
  if (instance !== null) return { ...plain(instance), settings, follows: instance.follows };
  return { instanceIdentifier, resourceId, status: 'deleted', endpoint: null, settings, follows: null };
}

/** Home after a fail-over: what the name of its database leads to is the old primary, which is kept. */
async function oldPrimaryHere({ database }: Two): Promise<InstanceHere> {
  const { instanceIdentifier, resourceId, status, endpoint, settings } = await currentInstance(database);
  return { instanceIdentifier, resourceId, status, endpoint, settings, follows: null };
}

/** The primary over there, as far as RDS there answers. A refusal by policy is no silence. */
async function primaryThere({ counterpart, database, account }: Two, follows: string | null): Promise<PrimaryThere> {
  const { region } = counterpart;
  const instanceIdentifier = follows?.split(':').at(-1) ?? counterpart.instanceIdentifier;
  const byName = { address: counterpart.address, port: database.port };
  const common = { region, instanceIdentifier };
  try {
    const instance = await describeInstance(instanceIdentifier, region);
    if (instance === null) {
      const words = `RDS in ${region} (account ${account}) has no ${instanceIdentifier}`;
      return { ...common, answers: true, arn: null, status: 'deleted', endpoint: byName, words };
    }
    const { arn, status, endpoint } = instance;
    const words = `${instanceIdentifier} in ${region} is ${status}`;
    return { ...common, answers: true, arn, status, endpoint: endpoint ?? byName, words };
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError)) throw error;
    const words = `RDS in ${region} does not answer: ${error.message}`;
    return { ...common, answers: false, arn: null, status: 'unknown', endpoint: byName, words };
  }
}

/** Replicated backups of the primary, and snapshots of it or of the replica that lie in this region. */
async function sourcesHere(two: Two, there: PrimaryThere): Promise<RegionalSources> {
  const { account, database } = two;
  const arn = there.arn ?? `arn:aws:rds:${there.region}:${account}:db:${there.instanceIdentifier}`;
  const identifiers = [
    ...new Set([there.instanceIdentifier, two.counterpart.instanceIdentifier, database.instanceIdentifier]),
  ];
  const [backups, ...snapshots] = await Promise.all([
    replicatedBackups(arn),
    ...identifiers.map((identifier) => snapshotsOf(identifier)),
  ]);
  const taken = snapshots
    .flat()
    .flatMap(({ snapshot, status, takenAt }) =>
      status === 'available' && takenAt !== null ? [{ snapshot, takenAt }] : [],
    )
    .toSorted((one, other) => Date.parse(other.takenAt) - Date.parse(one.takenAt));
  return { backups: backups.slice(0, 20), snapshots: taken.slice(0, 100) };
}

/**
 * Looks at both regions. What the other one does not answer is an answer; what this one lacks refuses the run.
 * @throws RegionUnfitError in the wrong region, without capacity, or where there is nothing to move
 */
export const handler = task(regionTasks['regions-inspect'], async ({ run, description, hosts }) => {
  const two = twoRegions(description, run.plan);
  const back = run.plan === 'fail-back';
  const serves = await standbyServes(two);
  if (serves !== null && serves !== back) {
    throw new RegionUnfitError(
      `${serves ? 'The standby' : 'The home region'} serves already, as s3://${two.standby.traffic.switchBucket} says: there is nothing to move.`,
    );
  }
  const here = back ? await oldPrimaryHere(two) : await replicaHere(two);
  const checks = await fitness(two, hosts, back || here.follows === null);
  await recordChecks(run.id, checks);
  const failed = checks.filter(({ status }) => status === 'failed');
  if (failed.length > 0) {
    const words = failed.map(({ name, expected, actual }) => `${name}: ${actual}, should be ${expected}`);
    throw new RegionUnfitError(`${two.region} cannot take over: ${words.join('; ')}. Nothing was changed.`);
  }
  const there = await primaryThere(two, here.follows);
  if (back && there.arn === null) {
    throw new RegionUnfitError(
      `${there.words}. Going back needs the present primary: what it accepted is nowhere else. Nothing was changed.`,
    );
  }
  return { here, there, sources: back ? { backups: [], snapshots: [] } : await sourcesHere(two, there) };
});
