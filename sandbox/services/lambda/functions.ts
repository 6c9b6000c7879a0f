import { type Clock } from '../../../asl';
import { type Gate } from '../../identity';
import { AwsError } from '../service';

/** What an invocation comes to. */
export type FunctionOutcome =
  | { readonly kind: 'answered'; /** JSON */ readonly payload: string }
  | {
      readonly kind: 'failed';
      readonly error: { readonly errorType: string; readonly errorMessage: string; readonly trace?: readonly string[] };
    };

/** Runs a function's code; `event` is JSON. */
export interface FunctionRunner {
  run(event: string): Promise<FunctionOutcome>;
}

export interface SimulatedFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly runner: FunctionRunner;
  /** Invocations at one time; undefined: as many as there are. */
  readonly reservedConcurrency: number | undefined;
}

/** How often an asynchronous invocation is tried again, and where it goes when all have failed. */
export interface AsynchronousConfiguration {
  readonly retries: number;
  readonly onFailure: ((event: string, error: string) => void) | undefined;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB a synchronous, 1 MB an asynchronous request. */
const REQUEST_LIMIT_BYTES = 6_291_456;
const ASYNCHRONOUS_LIMIT_BYTES = 1_048_576;
/** https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html: one minute, then two. */
const RETRY_DELAYS = [60_000, 120_000];

/** The functions of a deployment. */
export class Functions {
  readonly #functions: SimulatedFunction[] = [];
  readonly #running = new Map<string, number>();
  readonly #asynchronous = new Map<string, AsynchronousConfiguration>();

  constructor(
    private readonly gate: Gate,
    private readonly clock: Clock,
    private readonly account: string,
  ) {}

  add(simulated: SimulatedFunction): void {
    this.#functions.push(simulated);
  }

  configureAsynchronous(functionName: string, configuration: AsynchronousConfiguration): void {
    this.#asynchronous.set(this.get(functionName).arn, configuration);
  }

  all(): readonly SimulatedFunction[] {
    return this.#functions;
  }

  /** By name, by ARN, or by ARN with the qualifier `$LATEST`. @throws AwsError ResourceNotFoundException */
  get(reference: string): SimulatedFunction {
    const plain = reference.replace(/:\$LATEST$/, '');
    const found = this.#functions.find(({ name, arn }) => name === plain || arn === plain);
    if (found === undefined) throw new AwsError('ResourceNotFoundException', `Function not found: ${reference}`, 404);
    return found;
  }

  /**
   * Invokes and waits for the answer. Who may invoke has been checked by the caller of this.
   * @param event JSON
   * @throws AwsError RequestTooLargeException, AccessDeniedException where the role is not Lambda's to use
   */
  async invoke(reference: string, event: string): Promise<FunctionOutcome> {
    const simulated = this.get(reference);
    this.gate.roles.assume(simulated.roleArn, 'lambda.amazonaws.com', { arn: simulated.arn, account: this.account });
    const bytes = Buffer.byteLength(event);
    if (bytes > REQUEST_LIMIT_BYTES) {
      const message = `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${REQUEST_LIMIT_BYTES} bytes)`;
      throw new AwsError('RequestTooLargeException', message, 413);
    }
    const { arn, reservedConcurrency } = simulated;
    const running = this.#running.get(arn) ?? 0;
    if (reservedConcurrency !== undefined && running >= reservedConcurrency) {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    }
    this.#running.set(arn, running + 1);
    try {
      return await simulated.runner.run(event);
    } finally {
      this.#running.set(arn, (this.#running.get(arn) ?? 1) - 1);
    }
  }

  /** Invokes without waiting, as event sources do: tried again after failures, then handed to the failure destination. */
  invokeLater(reference: string, event: string): void {
    const simulated = this.get(reference);
    if (Buffer.byteLength(event) > ASYNCHRONOUS_LIMIT_BYTES) {
      throw new AwsError('RequestTooLargeException', 'The event is over 1 MB', 413);
    }
    const { retries, onFailure } = this.#asynchronous.get(simulated.arn) ?? { retries: 2, onFailure: undefined };
    const attempt = async (number: number): Promise<void> => {
      const outcome = await this.#attempt(reference, event);
      if (outcome.kind === 'answered') return;
      const delay = RETRY_DELAYS[number];
      if (number >= retries || delay === undefined) onFailure?.(event, JSON.stringify(outcome.error));
      else this.clock.after(delay, () => void attempt(number + 1));
    };
    this.clock.after(0, () => void attempt(0));
  }

  /** Nobody waits for an asynchronous invocation: what Lambda refuses is one more failed attempt. */
  async #attempt(reference: string, event: string): Promise<FunctionOutcome> {
    try {
      return await this.invoke(reference, event);
    } catch (thrown) {
      const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
      return { kind: 'failed', error: { errorType: name, errorMessage: message } };
    }
  }
}
