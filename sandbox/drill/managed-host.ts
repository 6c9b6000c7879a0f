import { type Description } from '../../contract/description';
import { type HostResult, type ManagedHost } from '../services/ssm/host';
import { hostRoleName, type DrillHost } from './instances';
import { AGENT_VERSION, type World } from './world';

/** A host as Systems Manager knows it. */
export function managedHost(host: DrillHost, description: Description, tag = description.hosts.tag): ManagedHost {
  return {
    instanceId: host.id,
    agentVersion: AGENT_VERSION,
    tags: { [tag.key]: tag.value },
    online: host.answering,
    roleArn: `arn:aws:iam::${description.account}:role/${hostRoleName(description)}`,
    ipAddress: host.address,
    run: async (script, environment, options): Promise<HostResult> => {
      const { exitCode, stdout, stderr, timedOut } = await host.run(script, environment, options);
      return { exitCode: exitCode ?? undefined, stdout, stderr, timedOut };
    },
  };
}

/** All hosts of a world as Systems Manager knows them, each by its tag. */
export function managedHosts({ allHosts, databaseHost, description }: World): ManagedHost[] {
  const own = description.database.selfHosted;
  return [
    ...allHosts.map((host) => managedHost(host, description)),
    ...(databaseHost === undefined || own === undefined ? [] : [managedHost(databaseHost, description, own.tag)]),
  ];
}
