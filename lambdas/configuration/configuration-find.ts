import type { ConfigurationDescription } from '../../contract/description';
import { ConfigurationMissingError, EvidenceMissingError } from '../../contract/errors';
import type { RecoveryRequest } from '../../contract/run';
import { configurationTasks, type StoredConfiguration } from '../../contract/tasks/configuration';
import type { ArgumentsOf } from '../../contract/tasks/task';
import { objectVersions } from '../gateways/configuration-store';
import { lastHealthy } from '../gateways/evidence';
import { handler as task } from '../runtime/handler';
import { objectsOf, versionsOf, type StoredVersion } from './versions';

type Hosts = ArgumentsOf<(typeof configurationTasks)['configuration-find']>['hosts'];

/** A host examines so many at most; older ones are named by configurationVersion. */
const MOST = 8;
const FOLDER = 'backup';

/** What may be taken: up to a moment, a version by name, or everything. */
interface Wanted {
  readonly upTo: string | null;
  readonly named: string | null;
  readonly because: string;
}

/**
 * What the caller says comes first; else a recovery goes by the last moment at which the application was seen healthy before
 * the fault. A rollback goes by what is in force.
 * @throws EvidenceMissingError
 */
async function wanted({ plan, restoreTime, configurationVersion, incident }: RecoveryRequest): Promise<Wanted> {
  if (configurationVersion !== undefined) {
    return { upTo: null, named: configurationVersion, because: `version ${configurationVersion} was asked for` };
  }
  if (restoreTime === 'latest') return { upTo: null, named: null, because: 'the latest was asked for' };
  if (restoreTime !== undefined) return { upTo: restoreTime, named: null, because: `${restoreTime} was asked for` };
  if (plan === 'configuration-rollback') {
    return { upTo: null, named: null, because: 'the version before what is in force' };
  }
  const healthy = await lastHealthy(incident.fault === undefined ? {} : { before: incident.fault });
  if (healthy === null) {
    throw new EvidenceMissingError(
      'the application was never seen healthy, so no moment of its configuration is known to be good; give restoreTime or configurationVersion',
    );
  }
  return { upTo: healthy.at, named: null, because: `the application was last seen healthy at ${healthy.at}` };
}

/** The versions on the hosts themselves: one, as old as its newest file on any of them; null where a host lacks a file. */
function inFolder(configuration: ConfigurationDescription, hosts: Hosts): StoredVersion | null {
  const written = hosts.map(({ result }) => (result.backup.missing.length === 0 ? result.backup.writtenAt : null));
  const times = written.filter((at) => at !== null);
  const at = times.sort().at(-1);
  if (at === undefined || times.length < hosts.length) return null;
  const objects = objectsOf(configuration).map(({ name }) => `${name}:${FOLDER}`);
  return { version: FOLDER, at, objects: `${FOLDER}=${objects.join(',')}`, wrote: [] };
}

function narrowed(versions: readonly StoredVersion[], { upTo, named }: Wanted) {
  const passedOver: StoredConfiguration['passedOver'] = [];
  const taken = versions.filter(({ version, at, wrote }) => {
    if (named !== null) return version === named || wrote.includes(named);
    if (upTo === null || Date.parse(at) <= Date.parse(upTo)) return true;
    passedOver.push({ choice: version, because: `written after ${upTo}` });
    return false;
  });
  return { taken, passedOver: passedOver.slice(-20) };
}

/** Lists the versions that can be chosen; the bucket's where it has any, else the folder of backups. */
export const handler = task(
  configurationTasks['configuration-find'],
  async ({ request, configuration, hosts }, { log }) => {
    const want = await wanted(request);
    const { bucket, prefix, backupFolder } = configuration;
    const stored = bucket === undefined ? null : await objectVersions(bucket, prefix);
    const versions = versionsOf(configuration, stored ?? []);
    const folder = versions.length === 0 ? inFolder(configuration, hosts) : null;
    const source = folder === null ? (bucket ?? '') : '';
    const { taken, passedOver } = narrowed(folder === null ? versions : [folder], want);
    log.info('found', { bucket: source, versions: versions.length, taken: taken.length });
    if (taken.length === 0) {
      const where =
        bucket === undefined
          ? ''
          : `s3://${bucket}/${prefix} has ${stored === null ? 'no such bucket' : `${versions.length} versions`}, `;
      const there = [...versions, ...(folder === null ? [] : [folder])].map(({ version }) => version).slice(0, MOST);
      throw new ConfigurationMissingError(
        `nothing stored of the configuration can be taken: ${want.because}; ${where}${backupFolder} ${folder === null ? 'is not complete on every host or not looked into' : `is of ${folder.at}`}. There is: ${there.join(', ') || 'nothing'}`,
      );
    }
    return {
      bucket: source,
      candidates: taken.slice(0, MOST).map(({ version, at, objects }) => ({ version, at, objects })),
      because: want.because,
      passedOver,
    };
  },
);
