import { HostsChangedError } from '../../contract/errors';
import { hostTasks } from '../../contract/tasks/hosts';
import { isOnline } from '../gateways/agents';
import { groupMembers } from '../gateways/auto-scaling';
import { hostsWithTag } from '../gateways/commands';
import { handler as task } from '../runtime/handler';

/** On its way out of a group: it serves nobody any more (Auto Scaling guide, instance lifecycle). */
const leaves = (state: string): boolean => /^(Terminat|Detach)/.test(state);

/**
 * Holds the hosts that there are now (Auto Scaling DescribeAutoScalingGroups, SSM DescribeInstanceInformation) against those
 * that the run found when it began: building and unpacking take half an hour, and what boots meanwhile boots what the run is
 * about to take away. A host that the group launched from `mayBoot` has what the run brings.
 * @throws HostsChangedError naming each
 */
export const handler = task(hostTasks['hosts-compare'], async ({ group, tag, hosts, leftOut, mayBoot }) => {
  const known = new Set([...hosts, ...leftOut]);
  const { states, versions } = await groupMembers(group);
  const inGroup = Object.entries(states).filter(([id, state]) => !known.has(id) && !leaves(state));
  const come = inGroup.filter(([id]) => mayBoot === null || versions[id] !== mayBoot);
  const beside = (await hostsWithTag(tag)).filter(
    (host) => isOnline(host) && !known.has(host.id) && states[host.id] === undefined,
  );
  const words = [
    ...come.map(([id, state]) => `${id} (${state} in ${group}, from version ${versions[id] ?? '?'} of the template)`),
    ...beside.map(({ id }) => `${id} (in no group, tagged ${tag.key}=${tag.value})`),
  ];
  if (words.length > 0) {
    throw new HostsChangedError(
      `There are hosts that the run did not find when it began: ${words.join(', ')}. They have what was before, or do not report to SSM. Start the plan again: it finds every host that reports.`,
    );
  }
  return { joined: inGroup.map(([id]) => id) };
});
