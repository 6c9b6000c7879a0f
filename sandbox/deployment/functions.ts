import { randomUUID } from 'node:crypto';
import { type Clock } from '../../asl';
import { type FunctionOutcome, type FunctionRunner } from '../services/lambda/functions';
import { Bundle, type Handler, type Surroundings } from './bundle';
import { type Calling, calling } from './calling';
import { FunctionLog } from './function-log';

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const RESPONSE_LIMIT_BYTES = 6_291_556;

export interface FunctionDescription {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly handler: string;
  readonly folder: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: string;
  readonly region: string;
}

export interface FunctionSite {
  readonly clock: Clock;
  readonly answer: Calling['answer'];
  readonly surroundings: Surroundings;
}

/**
 * Runs a function's bundle in this process. Each invocation has an instance to itself, as in Lambda: one that is idle
 * keeps what its module holds, a new one starts cold, one that timed out is never used again.
 */
export class FunctionRuntime implements FunctionRunner {
  readonly log: FunctionLog;
  readonly #idle: Handler[] = [];
  #bundle: Bundle | undefined;

  constructor(
    readonly description: FunctionDescription,
    private readonly site: FunctionSite,
  ) {
    this.log = new FunctionLog(() => site.clock.now().at);
  }

  /** Reads and compiles the bundle, as a deployment that uploads it would notice what is wrong. @throws BundleError */
  prepare(): void {
    this.#bundle ??= new Bundle(this.description.folder, this.description.handler);
  }

  async run(event: string): Promise<FunctionOutcome> {
    return await this.site.clock.work(async () => await this.#invoke(event));
  }

  async #invoke(event: string): Promise<FunctionOutcome> {
    const { roleArn, name } = this.description;
    const requestId = randomUUID();
    const current: Calling = { session: { roleArn, name }, requestId, answer: this.site.answer, ended: false };
    const deadline = performance.now() + this.description.timeoutSeconds * 1000;
    let timer: NodeJS.Timeout | undefined;
    const timedOut = new Promise<'timed out'>((resolve) => {
      timer = setTimeout(resolve, this.description.timeoutSeconds * 1000, 'timed out');
    });
    try {
      const handled = calling.run(current, async () => await this.#handle(event, requestId, deadline));
      const outcome = await Promise.race([handled, timedOut]);
      if (outcome !== 'timed out') return outcome;
      const seconds = this.description.timeoutSeconds.toFixed(2);
      const errorMessage = `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`;
      return { kind: 'failed', error: { errorType: 'Sandbox.Timedout', errorMessage } };
    } finally {
      clearTimeout(timer);
      current.ended = true;
    }
  }

  async #handle(event: string, requestId: string, deadline: number): Promise<FunctionOutcome> {
    let handler: Handler | undefined;
    try {
      handler = this.#idle.pop() ?? this.#coldStart();
      const result: unknown = await handler(JSON.parse(event), this.#context(requestId, deadline));
      const payload = JSON.stringify(result === undefined ? null : result);
      const bytes = Buffer.byteLength(payload);
      if (bytes <= RESPONSE_LIMIT_BYTES) return { kind: 'answered', payload };
      const errorMessage = `Response payload size exceeded maximum allowed payload size (${RESPONSE_LIMIT_BYTES} bytes).`;
      return { kind: 'failed', error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
    } catch (thrown) {
      return { kind: 'failed', error: asLambdaError(thrown) };
    } finally {
      // An error that a handler throws does not end its instance; a time-out does.
      if (handler !== undefined && calling.getStore()?.ended === false) this.#idle.push(handler);
    }
  }

  #coldStart(): Handler {
    this.prepare();
    if (this.#bundle === undefined) throw new TypeError('prepare() leaves a bundle');
    const { name, region, memoryMegabytes, logGroup, environment, handler, folder } = this.description;
    const variables = {
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: 'sandbox',
      LAMBDA_TASK_ROOT: folder,
      TZ: ':UTC',
      _HANDLER: handler,
      // Functions run on the Node of AWS_EXECUTION_ENV; which one rehearses them here is no news in the midst of a drill.
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      ...environment,
    };
    return this.#bundle.instance(variables, this.log, this.site.surroundings);
  }

  #context(awsRequestId: string, deadline: number): object {
    const { name, arn, memoryMegabytes, logGroup } = this.description;
    return {
      awsRequestId,
      functionName: name,
      functionVersion: '$LATEST',
      invokedFunctionArn: arn,
      memoryLimitInMB: String(memoryMegabytes),
      logGroupName: logGroup,
      logStreamName: 'sandbox',
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
    };
  }
}

function asLambdaError(thrown: unknown): { errorType: string; errorMessage: string; trace?: string[] } {
  if (thrown instanceof Error) {
    return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
  }
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}
