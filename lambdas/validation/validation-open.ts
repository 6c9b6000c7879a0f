import { createHash } from 'node:crypto';
import type { Description } from '../../contract/description';
import type { DocumentParameters } from '../../contract/documents';
import { InvalidInputError } from '../../contract/errors';
import { validationInputSchema, validationTasks } from '../../contract/tasks/validation';
import { isNewEnough, isOnline } from '../gateways/agents';
import { hostsWithTag } from '../gateways/commands';
import { readDescription } from '../gateways/parameters';
import { probeParameters } from '../integrity/checks';
import { listChanges } from '../run/journal';
import { verifyLease } from '../run/lease';
import { handler as task } from '../runtime/handler';
import { mistakes } from '../runtime/parse';

/**
 * How often each host is asked: of so few answers, 95 % is already a figure that one slow answer does not decide, and it
 * takes less than a second.
 */
const REQUESTS = 100;

/** Who can be asked, and who cannot. */
async function hostsOf({ tag, minimumAgentVersion, offline }: Description['hosts']) {
  const hosts = await hostsWithTag(tag);
  const fit = hosts.filter((host) => isOnline(host) && isNewEnough(host, minimumAgentVersion));
  const unheard = hosts
    .filter((host) => !fit.includes(host))
    .map((host) => ({
      host: host.id,
      why: isOnline(host)
        ? `its agent is ${host.agentVersion || 'of unknown version'}, should be ${minimumAgentVersion} or newer`
        : `SSM says ${host.ping}`,
    }));
  const leftOut = offline === 'go-on' ? hosts.filter((host) => !isOnline(host)).map(({ id }) => id) : [];
  return { hosts: fit.map(({ id }) => id), unheard, leftOut };
}

/**
 * Whether the run led users back to another region: then the database here is a replica again, or what nobody is served from,
 * and what a test writes is either refused or in nobody's way to be found.
 */
async function ledUsersAway(runId: string): Promise<boolean> {
  return (await listChanges(runId)).some(
    ({ kind, undoes, state }) => kind === 'region-traffic' && undoes !== undefined && state === 'confirmed',
  );
}

/**
 * Parses what a validation was started with: by the front door with its run, whose lease it proves, or alone. An offline host
 * keeps the others from nothing; it becomes a check of its own.
 * @throws InvalidInputError naming each field and what it should be; LeaseLostError
 */
export const handler = task(validationTasks['validation-open'], async ({ executionName, input }) => {
  const parsed = validationInputSchema.safeParse(input ?? {});
  if (!parsed.success) {
    throw new InvalidInputError(`${mistakes(parsed.error)} (the smallest input is {})`, { cause: parsed.error });
  }
  const { run = null, tests: wanted } = parsed.data;
  if (run !== null) await verifyLease(run);
  const description = parsed.data.description ?? (await readDescription());
  const { folder, services, healthUrl, metricsUrl } = description.hosts;
  const writes = run?.mode === 'live' && !(await ledUsersAway(run.id));
  const tests = wanted ?? (writes ? description.validation.tests : 'none');
  const parameters: {
    readonly inspect: DocumentParameters<'inspect-host'>;
    readonly measure: DocumentParameters<'measure-application'>;
    readonly test: DocumentParameters<'test-application'>;
  } = {
    inspect: { Services: services.join(' '), Folder: folder },
    measure: { HealthUrl: healthUrl, MetricsUrl: metricsUrl, Requests: String(REQUESTS) },
    test: { Folder: folder, Tests: tests, ConsistencyScript: description.validation.consistencyScript },
  };
  const digest = createHash('sha256').update(executionName).digest('hex').slice(0, 16);
  return {
    run,
    description,
    ...(await hostsOf(description.hosts)),
    keyPrefix: executionName === run?.id ? 'validate' : `validate-${digest}`,
    // Only the rules of the tables are looked at: what the last pass knew may rightly be gone after a recovery.
    parameters: { ...parameters, probe: probeParameters(description.database, null) },
  };
});
