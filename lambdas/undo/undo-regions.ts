import type { Description } from '../../contract/description';
import { NoWayBackError, QuotaExceededError, RunSupersededError, ServiceUnavailableError } from '../../contract/errors';
import type { Check } from '../../contract/run';
import { undoTasks } from '../../contract/tasks/undo';
import type { WayBack } from '../../contract/tasks/undo-regions';
import { describeInstance, type Instance } from '../gateways/rds';
import { rdsQuota } from '../gateways/rds-quotas';
import { isSwitched } from '../gateways/region-switch';
import { listChanges, recordChecks, recordDecision } from '../run/journal';
import { verifyLease } from '../run/lease';
import { handler as task } from '../runtime/handler';
import { lossless, moveOf, type Move } from './regions';
import { walkOf } from './walk';

/** In which a database answers, and can be opened (RDS guide, DB instance status). */
const living = ['available', 'backing-up', 'storage-optimization', 'configuring-enhanced-monitoring'];

async function requireOverThere(of: string, { source }: Move, region: string): Promise<Instance> {
  const identifier = source.split(':').at(-1) ?? source;
  const gone = (why: string) =>
    new NoWayBackError(`${identifier} in ${region}, which served before ${of}, ${why}. Nothing was changed.`);
  let found: Instance | null;
  try {
    found = await describeInstance(identifier, region);
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError)) throw error;
    throw gone(`cannot be asked about: ${error.message}`);
  }
  if (found === null) throw gone('is gone');
  if (!living.includes(found.status)) throw gone(`is ${found.status}`);
  return found;
}

/**
 * The promoted instance, as it has to be made again: with the settings that it has now, but for the automated backups, which
 * it was given by its promotion.
 */
async function replicaToMake(move: Move, database: Description['database']): Promise<WayBack['replica']> {
  const { instanceIdentifier: instance } = database;
  const found = await describeInstance(instance);
  const settings = found?.settings ?? null;
  if (found === null || settings === null || found.follows !== null) {
    throw new NoWayBackError(
      `${instance} is ${found === null ? 'gone' : `${found.status}, follows ${found.follows ?? 'nothing'}`}: it is not what the run promoted. Nothing was changed.`,
    );
  }
  const retention = move.backupRetentionDays ?? settings.BackupRetentionPeriod;
  return { instance, source: move.source, settings: { ...settings, BackupRetentionPeriod: retention } };
}

/** The promoted instance is kept beside the new replica (RDS DescribeAccountAttributes). */
async function roomForOneMore(): Promise<Check> {
  const quota = await rdsQuota('DBInstances');
  return {
    name: 'quota: database instances of this region',
    status: quota === null ? 'not-checkable' : quota.used < quota.maximum ? 'passed' : 'failed',
    expected: 'room for the promoted instance, which is kept, beside a new replica',
    actual: quota === null ? 'RDS tells no such quota' : `${quota.used} of ${quota.maximum} used`,
    evidence: 'rds:DescribeAccountAttributes',
  };
}

/**
 * Looks at both regions before anything is changed, and records what becomes of the replica.
 * @throws RunSupersededError where users are somewhere else by now; NoWayBackError where the database over there cannot serve
 *   again, or RDS there does not answer; QuotaExceededError where there is no room for the replica
 */
export const handler = task(undoTasks['undo-regions'], async ({ run, of, description }) => {
  await verifyLease(run);
  const { counterpart, standby, site, publicUrl, database } = description;
  const journal = await listChanges(of);
  const move = moveOf(of, walkOf(of, journal), journal, description);
  if (move === null || counterpart === undefined || standby === undefined) {
    throw new NoWayBackError(`The description names no region that ${of} could have led users from.`);
  }
  const { target } = move;
  if ((await isSwitched(target)) !== target.standbyServes) {
    throw new RunSupersededError(
      `${of} led users to ${target.leadsTo}, and s3://${target.bucket}/${target.key} says that somebody has led them away since. Nothing was changed.`,
    );
  }
  await requireOverThere(of, move, counterpart.region);
  const replica = site === 'standby' ? await replicaToMake(move, database) : null;
  if (replica !== null) {
    const room = await roomForOneMore();
    await recordChecks(run.id, [room]);
    if (room.status === 'failed')
      throw new QuotaExceededError(`${room.name}: ${room.actual}, should be ${room.expected}. Nothing was changed.`);
  }
  await recordDecision(run.id, {
    at: new Date().toISOString(),
    subject: `the replica of ${description.region}`,
    choice:
      replica === null ? 'nothing here follows anything' : `${replica.instance} is made anew, of ${replica.source}`,
    reason:
      replica === null
        ? `what ${of} put into service here is kept, fenced, until it expires`
        : `a replica that was promoted never follows again: the promoted one gives its name away and is kept, fenced, until it expires`,
    alternatives: [{ choice: lossless(description), because: 'asked for was to take the run back' }],
  });
  const address = new URL(publicUrl);
  address.hostname = counterpart.publicName;
  return {
    region: counterpart.region,
    publicUrl: address.toString().replace(/\/$/, ''),
    opens: move.fence.key,
    leads: move.traffic.key,
    ttlSeconds: standby.traffic.ttlSeconds,
    replica,
  };
});
