import { randomUUID } from 'node:crypto';
import { type Clock, type Execution, type Machine, TaskTokens, type TaskHandler, startExecution } from '../../../asl';
import { type Gate } from '../../identity';
import { type Place, regionalArn } from '../place';
import { AwsError } from '../service';

export interface MachineDefinition {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly machine: Machine;
}

/** One run of a machine, as DescribeExecution knows it. */
export interface ExecutionEntry {
  readonly arn: string;
  readonly name: string;
  readonly definition: MachineDefinition;
  /** The text that StartExecution was given. */
  readonly input: string;
  readonly execution: Execution;
}

/** Hears of each change of an execution's status. */
export type StatusListener = (entry: ExecutionEntry) => void;

/** The state machines of a deployment and everything they ran. */
export class StateMachines {
  readonly tokens = new TaskTokens();
  readonly #machines: MachineDefinition[] = [];
  readonly #executions = new Map<string, ExecutionEntry>();
  #handler: TaskHandler | undefined;
  #listener: StatusListener = () => undefined;

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
    private readonly gate: Gate,
  ) {}

  /** What does the tasks, and who hears of ends. Once, before the first start. */
  connect(handler: TaskHandler, listener: StatusListener): void {
    this.#handler = handler;
    this.#listener = listener;
  }

  add(definition: MachineDefinition): void {
    this.#machines.push(definition);
  }

  all(): readonly MachineDefinition[] {
    return this.#machines;
  }

  /** @throws AwsError StateMachineDoesNotExist */
  get(arn: string): MachineDefinition {
    const found = this.#machines.find((machine) => machine.arn === arn);
    if (found === undefined) throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return found;
  }

  /** @throws AwsError ExecutionDoesNotExist */
  execution(arn: string): ExecutionEntry {
    const found = this.#executions.get(arn);
    if (found === undefined) throw new AwsError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
    return found;
  }

  /** In the order in which they were started. */
  executions(machineArn?: string): readonly ExecutionEntry[] {
    return [...this.#executions.values()].filter(
      ({ definition }) => machineArn === undefined || definition.arn === machineArn,
    );
  }

  /**
   * Starts an execution; who may has been checked by the caller of this.
   * @param input JSON text
   * @param signal aborts it: that of the task which started it
   * @throws AwsError StateMachineDoesNotExist, InvalidExecutionInput, InvalidName, ExecutionAlreadyExists; TrustError
   */
  start(machineArn: string, name: string = randomUUID(), input = '{}', signal?: AbortSignal): ExecutionEntry {
    const definition = this.get(machineArn);
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(name)) throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
    const arn = regionalArn(this.place, 'states', `execution:${definition.name}:${name}`);
    const earlier = this.#executions.get(arn);
    // STANDARD machines: the same call again, while it still runs, is the same execution; a name is not used twice.
    if (earlier !== undefined) {
      if (earlier.execution.status === 'RUNNING' && earlier.input === input) return earlier;
      throw new AwsError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
    }
    this.gate.roles.assume(definition.roleArn, 'states.amazonaws.com', {
      arn: machineArn,
      account: this.place.account,
    });
    const handler = this.#handler;
    if (handler === undefined) throw new TypeError('The state machines are not connected to anything that does tasks');
    let execution: Execution;
    try {
      execution = startExecution({
        machine: definition.machine,
        input: JSON.parse(input),
        clock: this.clock,
        handler,
        tokens: this.tokens,
        identity: {
          executionArn: arn,
          executionName: name,
          stateMachineArn: machineArn,
          stateMachineName: definition.name,
          roleArn: definition.roleArn,
        },
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${message}'`);
    }
    const entry: ExecutionEntry = { arn, name, definition, input, execution };
    this.#executions.set(arn, entry);
    this.#listener(entry);
    void execution.done.then(() => {
      this.#listener(entry);
    });
    return entry;
  }

  /** Aborts whatever still runs. */
  close(): void {
    this.#listener = () => undefined;
    for (const { execution } of this.#executions.values()) execution.stop('Sandbox.Closed', 'The sandbox was closed.');
  }
}
