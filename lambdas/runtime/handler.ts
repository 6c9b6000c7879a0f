import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type * as z from 'zod';
import { METRICS_NAMESPACE, environmentVariables } from '../../contract/environment';
import type { TaskContract } from '../../contract/tasks/task';
import { parse } from './parse';

const SERVICE = 'lifeboat';
const root = new Logger({ serviceName: SERVICE });

/** What a task may use beside its arguments. */
export interface TaskContext {
  readonly log: Logger;
}

function field(of: unknown, name: string): unknown {
  if (typeof of !== 'object' || of === null) return undefined;
  return Object.entries(of).find(([key]) => key === name)?.[1];
}

/** Run, environment and plan, as far as the raw event has them: a line about a malformed event has them as well. */
function keysOf(task: string, event: unknown): Record<string, unknown> {
  const run = field(event, 'run');
  return {
    task,
    runId: field(run, 'id') ?? field(event, 'runId') ?? field(event, 'executionName'),
    environment: field(run, 'environment') ?? process.env[environmentVariables.environment],
    plan: field(run, 'plan'),
  };
}

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : 'unknown');

/** The error with all of its causes, for the log: Lambda hands only name and message to the state machine. */
function chain(error: unknown): string[] {
  const lines: string[] = [];
  for (let at = error; at !== undefined && at !== null && lines.length < 8;) {
    lines.push(at instanceof Error ? `${at.name}: ${at.message}` : JSON.stringify(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return lines;
}

/**
 * The Lambda handler of a task: parses the arguments, does the work, parses the result; every log line carries run,
 * environment and plan; two metrics a call, `TaskMilliseconds` and `TaskFailed` (0 or 1), by task and environment.
 * @param work gets the parsed arguments; what it throws goes on unchanged, with its causes in the log.
 * @returns the handler; it throws ContractViolationError, naming each field's path, where arguments or result have not
 *   the shape of the contract.
 */
export function handler<A extends z.ZodType, R extends z.ZodType>(
  contract: TaskContract<A, R>,
  work: (args: z.output<A>, context: TaskContext) => Promise<z.input<R>>,
): (event: unknown) => Promise<z.output<R>> {
  return async (event) => {
    const keys = keysOf(contract.name, event);
    // A logger and a set of metrics a call: calls in one process (the sandbox) do not mix their keys.
    const log = root.createChild({ persistentKeys: keys });
    const began = Date.now();
    let failed = 1;
    try {
      const args = parse(contract.arguments, event, `the arguments of ${contract.name}`);
      log.info('begins');
      const result = parse(contract.result, await work(args, { log }), `the result of ${contract.name}`);
      failed = 0;
      log.info('done');
      return result;
    } catch (error) {
      log.error('failed', { error: chain(error) });
      throw error;
    } finally {
      const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: SERVICE });
      metrics.addDimensions({ task: contract.name, environment: text(keys['environment']) });
      metrics.addMetric('TaskMilliseconds', MetricUnit.Milliseconds, Date.now() - began);
      metrics.addMetric('TaskFailed', MetricUnit.Count, failed);
      metrics.publishStoredMetrics();
    }
  };
}
