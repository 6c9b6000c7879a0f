import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SSMClient,
  SendCommandCommand,
  type InstanceInformation,
} from '@aws-sdk/client-ssm';
import { AwsRefusedError, HostOfflineError } from '../../contract/errors';
import { environment } from '../runtime/environment';
import { callAws } from './aws-errors';
import { client } from './clients';

/** How long a host may take to fetch its command, seconds; SSM takes 30 at the least. */
export const DELIVERY_SECONDS = 60;

/** A host as its SSM agent reports it. */
export interface Host {
  readonly id: string;
  /** `Online`, `ConnectionLost` or `Inactive`. */
  readonly ping: string;
  readonly agentVersion: string;
}

async function describe(key: string, values: string[]): Promise<Host[]> {
  const hosts: InstanceInformation[] = [];
  let next: string | undefined;
  do {
    const token = next;
    const page = await callAws(`ssm:DescribeInstanceInformation ${key}`, () =>
      client(SSMClient).send(
        new DescribeInstanceInformationCommand({
          Filters: [{ Key: key, Values: values }],
          MaxResults: 50,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      ),
    );
    hosts.push(...(page.InstanceInformationList ?? []));
    next = page.NextToken;
  } while (next !== undefined && next !== '');
  return hosts
    .map((host) => ({
      id: host.InstanceId ?? '',
      ping: host.PingStatus ?? 'unknown',
      agentVersion: host.AgentVersion ?? '',
    }))
    .filter(({ id }) => id !== '')
    .sort((one, other) => (one.id < other.id ? -1 : 1));
}

/**
 * Every host with a tag that SSM lists, in the order of ids. It "does not return information for nodes that are either Stopped
 * or Terminated" (SSM API, DescribeInstanceInformation), nor for one that never reported: `hosts-compare` names those of a group.
 */
export const hostsWithTag = (tag: { key: string; value: string }): Promise<Host[]> =>
  describe(`tag:${tag.key}`, [tag.value]);

/** Those of the hosts that SSM knows. */
export const hostsById = (ids: readonly string[]): Promise<Host[]> => describe('InstanceIds', [...ids]);

/** One command to be sent. */
export interface NewCommand {
  /** The document's physical name. */
  readonly document: string;
  readonly hosts: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  /** By which a command whose sending was not noted is found again; at most 100 characters. */
  readonly comment: string;
  /** Prefix in the report bucket for what exceeds SSM's limits of output. */
  readonly outputPrefix: string;
}

/**
 * Sends a document to hosts, to all at once; an error on one host keeps it from no other, since each is judged by itself.
 * @returns the command's id.
 * @throws HostOfflineError where SSM takes one of the hosts for not there.
 */
export async function sendCommand(command: NewCommand): Promise<string> {
  const sent = await callAws(
    `ssm:SendCommand ${command.document}`,
    () =>
      client(SSMClient).send(
        new SendCommandCommand({
          DocumentName: command.document,
          InstanceIds: [...command.hosts],
          Parameters: Object.fromEntries(Object.entries(command.parameters).map(([name, value]) => [name, [value]])),
          Comment: command.comment,
          TimeoutSeconds: DELIVERY_SECONDS,
          MaxConcurrency: '100%',
          MaxErrors: '100%',
          OutputS3BucketName: environment('reportBucket'),
          OutputS3KeyPrefix: command.outputPrefix,
        }),
      ),
    {
      InvalidInstanceId: (cause) =>
        new HostOfflineError(`SSM does not take ${command.hosts.join(', ')}: ${cause.message}`, { cause }),
    },
  );
  if (sent.Command?.CommandId === undefined) {
    throw new AwsRefusedError(`ssm:SendCommand ${command.document}: the answer has no command`);
  }
  return sent.Command.CommandId;
}

/**
 * Looks for a command by its comment among those sent since a time.
 * @returns its id, or null. The list is eventually consistent: a command sent within the last moments may be missing.
 */
export async function findCommand(document: string, comment: string, since: string): Promise<string | null> {
  let next: string | undefined;
  do {
    const token = next;
    const page = await callAws(`ssm:ListCommands ${document}`, () =>
      client(SSMClient).send(
        new ListCommandsCommand({
          MaxResults: 50,
          Filters: [
            { key: 'DocumentName', value: document },
            // Without fractions of a second (API reference, CommandFilter).
            { key: 'InvokedAfter', value: `${since.slice(0, 19)}Z` },
          ],
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      ),
    );
    const found = (page.Commands ?? []).find((command) => command.Comment === comment)?.CommandId;
    if (found !== undefined) return found;
    next = page.NextToken;
  } while (next !== undefined && next !== '');
  return null;
}

/** What one host has made of a command so far. */
export interface Invocation {
  readonly host: string;
  readonly status: string;
  /** Finer than `status`: tells a command that was never delivered from one that ran too long. */
  readonly details: string;
  readonly exitCode: number;
  /** Whether the script is known to have ended. */
  readonly ended: boolean;
  readonly output: string;
  readonly errors: string;
  /** Where the whole output lies, where it exceeds SSM's limits. */
  readonly outputUrl: string;
}

class NotThereYet extends Error {}

/** A host's invocation, or null where SSM does not list it yet (right after sending). */
export async function findInvocation(commandId: string, host: string): Promise<Invocation | null> {
  try {
    const found = await callAws(
      `ssm:GetCommandInvocation ${commandId} ${host}`,
      () => client(SSMClient).send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: host })),
      { InvocationDoesNotExist: (cause) => new NotThereYet('', { cause }) },
    );
    return {
      host,
      status: found.Status ?? 'Pending',
      details: found.StatusDetails ?? found.Status ?? 'Pending',
      exitCode: found.ResponseCode ?? -1,
      ended: (found.ExecutionEndDateTime ?? '') !== '',
      output: found.StandardOutputContent ?? '',
      errors: found.StandardErrorContent ?? '',
      outputUrl: found.StandardOutputUrl ?? '',
    };
  } catch (error) {
    if (error instanceof NotThereYet) return null;
    throw error;
  }
}

const going = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);
/** Whether an invocation's status says that the host may still work on it. */
export const isGoing = (status: string): boolean => going.has(status);

/**
 * The hosts on which SSM lists a command, and those of them on which it still goes on. Right after sending a host may not be
 * listed yet.
 */
export async function hostsBusyWith(commandId: string): Promise<{ listed: string[]; busy: string[] }> {
  const listed: string[] = [];
  const busy: string[] = [];
  let next: string | undefined;
  do {
    const token = next;
    const page = await callAws(`ssm:ListCommandInvocations ${commandId}`, () =>
      client(SSMClient).send(
        new ListCommandInvocationsCommand({
          CommandId: commandId,
          MaxResults: 50,
          ...(token === undefined ? {} : { NextToken: token }),
        }),
      ),
    );
    for (const { InstanceId: host, Status: status } of page.CommandInvocations ?? []) {
      if (host === undefined) continue;
      listed.push(host);
      if (isGoing(status ?? 'Pending')) busy.push(host);
    }
    next = page.NextToken;
  } while (next !== undefined && next !== '');
  return { listed, busy };
}

/** Asks the hosts to stop a command. SSM cancels what it can: whether it has ended is asked afterwards. */
export async function cancelCommand(commandId: string): Promise<void> {
  await callAws(`ssm:CancelCommand ${commandId}`, () =>
    client(SSMClient).send(new CancelCommandCommand({ CommandId: commandId })),
  );
}
