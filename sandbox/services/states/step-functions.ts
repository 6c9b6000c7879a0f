import * as z from 'zod';
import { type HistoryEvent, TokenError } from '../../../asl';
import { operation } from '../operation';
import { AwsError, type Permission, type SimulatedService } from '../service';
import { describedExecution } from './describe';
import { type StateMachines } from './machines';

const status = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
const paging = { maxResults: z.number().int().min(0).max(1000).default(100), nextToken: z.string().optional() };

/** The calls of Step Functions over the machines of a deployment. */
export class StepFunctions implements SimulatedService {
  readonly name = 'SFN';
  readonly standIn = {
    name: 'AWS Step Functions',
    instead: "Lifeboat's interpreter of JSONata state machines",
    differs: 'no redrive, no versions and aliases, no express machines; waiting can be skipped',
  };

  constructor(private readonly machines: StateMachines) {}

  readonly operations = {
    StartExecution: operation(
      z.strictObject({ stateMachineArn: z.string(), name: z.string().optional(), input: z.string().optional() }),
      {
        authorize: ({ stateMachineArn }) => [on('StartExecution', stateMachineArn)],
        perform: ({ stateMachineArn, name, input }) => {
          const { arn, execution } = this.machines.start(stateMachineArn, name, input);
          return { executionArn: arn, startDate: new Date(execution.startedAt.at) };
        },
      },
    ),
    StopExecution: operation(
      z.strictObject({
        executionArn: z.string(),
        error: z.string().max(256).optional(),
        cause: z.string().max(32_768).optional(),
      }),
      {
        authorize: ({ executionArn }) => [on('StopExecution', executionArn)],
        perform: ({ executionArn, error, cause }) => {
          const { execution } = this.machines.execution(executionArn);
          execution.stop(error, cause);
          return { stopDate: new Date(execution.endedAt?.at ?? 0) };
        },
      },
    ),
    DescribeExecution: operation(z.strictObject({ executionArn: z.string() }), {
      authorize: ({ executionArn }) => [on('DescribeExecution', executionArn)],
      perform: ({ executionArn }) => describedExecution(this.machines.execution(executionArn)),
    }),
    GetExecutionHistory: operation(
      z.strictObject({
        executionArn: z.string(),
        reverseOrder: z.boolean().default(false),
        includeExecutionData: z.literal(true).optional(),
        ...paging,
      }),
      {
        authorize: ({ executionArn }) => [on('GetExecutionHistory', executionArn)],
        perform: ({ executionArn, reverseOrder, maxResults, nextToken }) => {
          const history = this.machines.execution(executionArn).execution.history();
          const { items, next } = page(reverseOrder ? history.toReversed() : history, maxResults, nextToken);
          return { events: items.map(historyEvent), ...next };
        },
      },
    ),
    ListExecutions: operation(
      z.strictObject({ stateMachineArn: z.string(), statusFilter: status.optional(), ...paging }),
      {
        authorize: ({ stateMachineArn }) => [on('ListExecutions', stateMachineArn)],
        perform: ({ stateMachineArn, statusFilter, maxResults, nextToken }) => {
          this.machines.get(stateMachineArn);
          const found = this.machines
            .executions(stateMachineArn)
            .filter(({ execution }) => statusFilter === undefined || execution.status === statusFilter)
            .toReversed();
          const { items, next } = page(found, maxResults, nextToken);
          return {
            executions: items.map(({ arn, name, definition, execution }) => ({
              executionArn: arn,
              stateMachineArn: definition.arn,
              name,
              status: execution.status,
              startDate: new Date(execution.startedAt.at),
              ...(execution.endedAt === undefined ? {} : { stopDate: new Date(execution.endedAt.at) }),
              redriveCount: 0,
            })),
            ...next,
          };
        },
      },
    ),
    SendTaskSuccess: operation(z.strictObject({ taskToken: z.string(), output: z.string() }), {
      authorize: () => [on('SendTaskSuccess', '*')],
      perform: ({ taskToken, output }) =>
        answered(() => {
          this.machines.tokens.sendTaskSuccess(taskToken, output);
        }),
    }),
    SendTaskFailure: operation(
      z.strictObject({
        taskToken: z.string(),
        error: z.string().max(256).optional(),
        cause: z.string().max(32_768).optional(),
      }),
      {
        authorize: () => [on('SendTaskFailure', '*')],
        perform: ({ taskToken, error, cause }) =>
          answered(() => {
            this.machines.tokens.sendTaskFailure(taskToken, {
              ...(error === undefined ? {} : { error }),
              ...(cause === undefined ? {} : { cause }),
            });
          }),
      },
    ),
    SendTaskHeartbeat: operation(z.strictObject({ taskToken: z.string() }), {
      authorize: () => [on('SendTaskHeartbeat', '*')],
      perform: ({ taskToken }) =>
        answered(() => {
          this.machines.tokens.sendTaskHeartbeat(taskToken);
        }),
    }),
  };
}

const on = (action: string, resource: string): Permission => ({ action: `states:${action}`, resource });

function answered(send: () => void): object {
  try {
    send();
    return {};
  } catch (thrown) {
    throw thrown instanceof TokenError ? new AwsError(thrown.name, thrown.message) : thrown;
  }
}

function historyEvent(event: HistoryEvent): object {
  const { id, previousEventId, timestamp, type } = event;
  const details = Object.entries(event).filter(([name]) => name.endsWith('EventDetails'));
  return { id, previousEventId, timestamp: new Date(timestamp), type, ...Object.fromEntries(details) };
}

function page<T>(
  found: readonly T[],
  maxResults: number,
  nextToken: string | undefined,
): { items: readonly T[]; next: { nextToken?: string } } {
  const from = Number(nextToken ?? 0);
  if (!Number.isInteger(from)) throw new AwsError('InvalidToken', `Invalid Token: '${nextToken ?? ''}'`);
  const to = from + (maxResults === 0 ? 100 : maxResults);
  return { items: found.slice(from, to), next: to < found.length ? { nextToken: String(to) } : {} };
}
