import { AgentTooOldError, HostOfflineError } from '../../contract/errors';
import { integrityTasks } from '../../contract/tasks/integrity';
import { hostsWithTag } from '../gateways/commands';
import { lastPass } from '../gateways/evidence';
import { readDescription } from '../gateways/parameters';
import { isNewEnough, isOnline } from '../gateways/agents';
import { readLease } from '../run/lease';
import { handler as task } from '../runtime/handler';
import { probeParameters } from './checks';

/**
 * Says on which host and with which parameters the database is measured now. One host that can is enough: a probe that
 * waited for all of them would stop watching the data when a host fails.
 */
export const handler = task(integrityTasks['probe-open'], async () => {
  const { environment, hosts: described, database } = await readDescription();
  const lease = await readLease(environment);
  if (lease !== null && lease.holder !== '') {
    return { probe: false as const, because: `a run holds the lease: ${lease.holder} (${lease.plan})` };
  }
  const { tag, minimumAgentVersion } = described;
  const online = (await hostsWithTag(tag)).filter(isOnline);
  if (online.length === 0) throw new HostOfflineError(`no host with the tag ${tag.key}=${tag.value} is Online`);
  const host = online.find((candidate) => isNewEnough(candidate, minimumAgentVersion));
  if (host === undefined) {
    const words = online.map(({ id, agentVersion }) => `${id} has agent ${agentVersion || 'of unknown version'}`);
    throw new AgentTooOldError(`${words.join(', ')}, should be ${minimumAgentVersion} or newer`);
  }
  const last = await lastPass();
  return { probe: true as const, host: host.id, parameters: probeParameters(database, last?.measure ?? null) };
});
