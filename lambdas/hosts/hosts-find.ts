import { AgentTooOldError, HostOfflineError } from '../../contract/errors';
import { hostTasks } from '../../contract/tasks/hosts';
import { hostsWithTag } from '../gateways/commands';
import { handler as task } from '../runtime/handler';
import { isNewEnough, isOnline } from '../gateways/agents';

/** Finds the hosts by their tag; all of them have to be online with an agent that is new enough. */
export const handler = task(hostTasks['hosts-find'], async ({ hosts: { tag, minimumAgentVersion } }) => {
  const hosts = await hostsWithTag(tag);
  if (hosts.length === 0) throw new HostOfflineError(`no host with the tag ${tag.key}=${tag.value} reports to SSM`);
  const offline = hosts.filter((host) => !isOnline(host));
  if (offline.length > 0) {
    throw new HostOfflineError(`${offline.map(({ id, ping }) => `${id} is ${ping}`).join(', ')}, should be Online`);
  }
  const old = hosts.filter((host) => !isNewEnough(host, minimumAgentVersion));
  if (old.length > 0) {
    const words = old.map(({ id, agentVersion }) => `${id} has agent ${agentVersion || 'of unknown version'}`);
    throw new AgentTooOldError(`${words.join(', ')}, should be ${minimumAgentVersion} or newer`);
  }
  return { hosts: hosts.map(({ id }) => id) };
});
