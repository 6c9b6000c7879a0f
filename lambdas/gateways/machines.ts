import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  type HistoryEvent,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { AwsRefusedError, ContractViolationError } from '../../contract/errors';
import { environment } from '../runtime/environment';
import { parseJson } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | 'PENDING_REDRIVE';

/** An execution of a state machine as far as settling looks at it. */
export interface Execution {
  readonly arn: string;
  readonly status: ExecutionStatus;
  readonly startedAt: string;
  readonly input: string;
  readonly error?: string;
  readonly cause?: string;
}

/** A redrive may still come to an execution that waits for it: it goes on, as far as we know. */
export const goesOn = (execution: Execution | null): boolean =>
  execution?.status === 'RUNNING' || execution?.status === 'PENDING_REDRIVE';

/** The ARN of a machine's execution by its name. */
export function executionArn(machineArn: string, name: string): string {
  const [arn, partition, service, region, account, kind, machine] = machineArn.split(':');
  if (kind !== 'stateMachine' || machine === undefined) {
    throw new ContractViolationError(`${machineArn} is not the ARN of a state machine`);
  }
  return [arn, partition, service, region, account, 'execution', machine, name].join(':');
}

/** The machines that the front door starts, plans and validation, by name. @throws ContractViolationError where the variable is no JSON of that shape. */
export function planMachines(): Record<string, string> {
  return parseJson(z.record(z.string(), z.string()), environment('planMachineArns'), 'the ARNs of the plans');
}

class NoSuchExecution extends Error {}
const noSuch = { ExecutionDoesNotExist: (cause: Error) => new NoSuchExecution('', { cause }) };

/** An execution, or null where there is none of that ARN (it never began, or is older than 90 days). */
export async function findExecution(arn: string): Promise<Execution | null> {
  try {
    const found = await callAws(
      `states:DescribeExecution ${arn}`,
      () => client(SFNClient).send(new DescribeExecutionCommand({ executionArn: arn })),
      noSuch,
    );
    return {
      arn,
      status: found.status ?? 'RUNNING',
      startedAt: (found.startDate ?? new Date()).toISOString(),
      input: found.input ?? 'null',
      ...(found.error === undefined ? {} : { error: found.error }),
      ...(found.cause === undefined ? {} : { cause: found.cause }),
    };
  } catch (error) {
    if (error instanceof NoSuchExecution) return null;
    throw error;
  }
}

/** Stops an execution; one that has ended, or that is not there, is left alone. */
export async function stopExecution(arn: string, error: string, cause: string): Promise<void> {
  try {
    await callAws(
      `states:StopExecution ${arn}`,
      () => client(SFNClient).send(new StopExecutionCommand({ executionArn: arn, error, cause })),
      noSuch,
    );
  } catch (thrown) {
    if (!(thrown instanceof NoSuchExecution)) throw thrown;
  }
}

/**
 * Starts an execution under a name. @returns its ARN; the same one where it was started before.
 * @throws AwsRefusedError and the other errors of `callAws`.
 */
export async function startExecution(machineArn: string, name: string, input: unknown): Promise<string> {
  const already = new AwsRefusedError(`${name} exists already`);
  try {
    const started = await callAws(
      `states:StartExecution ${machineArn}`,
      () =>
        client(SFNClient).send(
          new StartExecutionCommand({ stateMachineArn: machineArn, name, input: JSON.stringify(input) }),
        ),
      {
        ExecutionAlreadyExists: (cause) => {
          already.cause = cause;
          return already;
        },
      },
    );
    return started.executionArn ?? executionArn(machineArn, name);
  } catch (error) {
    if (error === already) return executionArn(machineArn, name);
    throw error;
  }
}

class NobodyWaits extends Error {}

/** Answers a state that waits with a token. @returns whether it still waited. */
export async function answerToken(token: string, output: unknown): Promise<boolean> {
  const over = (cause: Error) => new NobodyWaits('', { cause });
  try {
    await callAws(
      'states:SendTaskSuccess',
      () => client(SFNClient).send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) })),
      { TaskTimedOut: over, TaskDoesNotExist: over },
    );
    return true;
  } catch (error) {
    if (error instanceof NobodyWaits) return false;
    throw error;
  }
}

/**
 * The whole history of an execution, page by page, with its data: the output of a started execution names the nested one.
 * Empty where there is no such execution.
 */
export async function executionHistory(arn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  try {
    do {
      const token = nextToken;
      const page = await callAws(
        `states:GetExecutionHistory ${arn}`,
        () =>
          client(SFNClient).send(
            new GetExecutionHistoryCommand({
              executionArn: arn,
              maxResults: 1000,
              ...(token === undefined ? {} : { nextToken: token }),
            }),
          ),
        noSuch,
      );
      events.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  } catch (error) {
    if (!(error instanceof NoSuchExecution)) throw error;
  }
  return events;
}
