import { AgentTooOldError, HostOfflineError } from '../../contract/errors';
import { hostTasks } from '../../contract/tasks/hosts';
import { hostsWithTag } from '../gateways/commands';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { isNewEnough, isOnline } from '../gateways/agents';

/**
 * Finds the hosts by their tag; all of them have to be online with an agent that is new enough. Where the description says so
 * a run goes on without those that are offline, as long as one is left, and records that it does.
 */
export const handler = task(
  hostTasks['hosts-find'],
  async ({ run, hosts: { tag, minimumAgentVersion, offline: onOffline } }) => {
    const found = await hostsWithTag(tag);
    if (found.length === 0) throw new HostOfflineError(`no host with the tag ${tag.key}=${tag.value} reports to SSM`);
    const offline = found.filter((host) => !isOnline(host));
    const hosts = found.filter(isOnline);
    const words = offline.map(({ id, ping }) => `${id} is ${ping}`).join(', ');
    if (offline.length > 0 && (run === undefined || onOffline === 'refuse' || hosts.length === 0)) {
      throw new HostOfflineError(`${words}, should be Online`);
    }
    const old = hosts.filter((host) => !isNewEnough(host, minimumAgentVersion));
    if (old.length > 0) {
      const agents = old.map(({ id, agentVersion }) => `${id} has agent ${agentVersion || 'of unknown version'}`);
      throw new AgentTooOldError(`${agents.join(', ')}, should be ${minimumAgentVersion} or newer`);
    }
    const leftOut = offline.map(({ id }) => id);
    if (run !== undefined && leftOut.length > 0) {
      await recordDecision(run.id, {
        at: new Date().toISOString(),
        subject: 'hosts left out',
        choice: leftOut.join(', '),
        reason: `${words}; the description says to go on without such a host (hosts.offline). It keeps what it has: run the plan again when it is back`,
        alternatives: [
          { choice: 'wait for it', because: `${String(hosts.length)} of ${String(found.length)} are online` },
        ],
      });
    }
    return { hosts: hosts.map(({ id }) => id), leftOut };
  },
);
