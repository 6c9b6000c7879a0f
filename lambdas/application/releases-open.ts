import { releaseTasks } from '../../contract/tasks/releases';
import { isNewEnough, isOnline } from '../gateways/agents';
import { hostsWithTag } from '../gateways/commands';
import { readDescription } from '../gateways/parameters';
import { readLease } from '../run/lease';
import { handler as task } from '../runtime/handler';

/** Says on which hosts the releases are looked at now: all that answer. One that does not is no evidence of anything. */
export const handler = task(releaseTasks['releases-open'], async () => {
  const { environment, hosts: described, releases } = await readDescription();
  const lease = await readLease(environment);
  if (lease !== null && lease.holder !== '') {
    return { probe: false as const, because: `a run holds the lease: ${lease.holder} (${lease.plan})` };
  }
  const { tag, minimumAgentVersion, folder, healthUrl, metricsUrl } = described;
  const hosts = (await hostsWithTag(tag)).filter((host) => isOnline(host) && isNewEnough(host, minimumAgentVersion));
  if (hosts.length === 0)
    return { probe: false as const, because: `no host with the tag ${tag.key}=${tag.value} answers` };
  return {
    probe: true as const,
    // At most what one SendCommand takes.
    hosts: hosts.slice(0, 50).map(({ id }) => id),
    parameters: { Folder: folder, Releases: releases.folder, HealthUrl: healthUrl, MetricsUrl: metricsUrl },
  };
});
