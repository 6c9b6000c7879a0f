import { type Clock, type Instant } from './clock';

type Aborting = 'Task' | 'Wait' | 'Parallel' | 'Map';

export type HistoryEventType =
  | `Execution${'Started' | 'Succeeded' | 'Failed' | 'TimedOut' | 'Aborted'}`
  | `${Aborting | 'Pass' | 'Choice' | 'Succeed' | 'Fail'}StateEntered`
  | `${Aborting | 'Pass' | 'Choice' | 'Succeed'}StateExited`
  | `${Aborting}StateAborted`
  | `Task${'Scheduled' | 'Started' | 'Submitted' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | `${'Parallel' | 'Map'}State${'Started' | 'Succeeded' | 'Failed'}`
  | `MapIteration${'Started' | 'Succeeded' | 'Failed' | 'Aborted'}`
  | 'EvaluationFailed';

interface Failure {
  readonly error?: string;
  readonly cause?: string;
}

interface TaskKind {
  readonly resourceType: string;
  readonly resource: string;
}

interface Iteration {
  readonly name: string;
  readonly index: number;
}

/** The details of an event under the names that GetExecutionHistory gives them; values are JSON texts. */
export interface HistoryEventDetails {
  readonly executionStartedEventDetails?: { readonly input: string; readonly roleArn?: string };
  readonly executionSucceededEventDetails?: { readonly output: string };
  readonly executionFailedEventDetails?: Failure;
  readonly executionTimedOutEventDetails?: Failure;
  readonly executionAbortedEventDetails?: Failure;
  readonly stateEnteredEventDetails?: { readonly name: string; readonly input: string };
  readonly stateExitedEventDetails?: {
    readonly name: string;
    readonly output: string;
    readonly assignedVariables?: Readonly<Record<string, string>>;
  };
  readonly taskScheduledEventDetails?: TaskKind & {
    readonly region: string;
    readonly parameters: string;
    readonly timeoutInSeconds?: number;
    readonly heartbeatInSeconds?: number;
  };
  readonly taskStartedEventDetails?: TaskKind;
  readonly taskSubmittedEventDetails?: TaskKind & { readonly output: string };
  readonly taskSucceededEventDetails?: TaskKind & { readonly output: string };
  readonly taskFailedEventDetails?: TaskKind & Failure;
  readonly taskTimedOutEventDetails?: TaskKind & Failure;
  readonly mapStateStartedEventDetails?: { readonly length: number };
  readonly mapIterationStartedEventDetails?: Iteration;
  readonly mapIterationSucceededEventDetails?: Iteration;
  readonly mapIterationFailedEventDetails?: Iteration;
  readonly mapIterationAbortedEventDetails?: Iteration;
  readonly evaluationFailedEventDetails?: Failure & { readonly location: string; readonly state: string };
}

/** An event as GetExecutionHistory gives it, with the state that it belongs to and the clock's instant beside it. */
export interface HistoryEvent extends HistoryEventDetails {
  readonly id: number;
  readonly previousEventId: number;
  readonly timestamp: Date;
  readonly type: HistoryEventType;
  /** The state that the event belongs to; undefined for those of the execution itself. */
  readonly state?: string;
  readonly instant: Instant;
}

export type HistoryListener = (event: HistoryEvent) => void;

/** Step Functions' quota of events in one execution; the last of them is its end. */
export const HISTORY_LIMIT = 25_000;

/** The events of one execution. */
export class History {
  readonly #events: HistoryEvent[] = [];
  readonly #listeners = new Set<HistoryListener>();
  #sealed = false;
  #full = false;

  /** @param onFull called once, when only the event that ends the execution still fits */
  constructor(
    private readonly clock: Clock,
    private readonly onFull: () => void,
  ) {}

  events(): readonly HistoryEvent[] {
    return [...this.#events];
  }

  /** Calls the listener for every event from now on. Returns what ends that. */
  subscribe(listener: HistoryListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Adds an event and returns its id; nothing is added after the end, nor in place of it. */
  record(type: HistoryEventType, previousEventId: number, details: HistoryEventDetails, state?: string): number {
    if (this.#sealed || this.#full) return previousEventId;
    if (this.#events.length >= HISTORY_LIMIT - 1) {
      this.#full = true;
      this.onFull();
      return previousEventId;
    }
    return this.#add(type, previousEventId, details, state);
  }

  /** Adds the event that ends the execution; nothing follows it. */
  seal(type: HistoryEventType, previousEventId: number, details: HistoryEventDetails): void {
    this.#add(type, previousEventId, details, undefined);
    this.#sealed = true;
    this.#listeners.clear();
  }

  #add(type: HistoryEventType, previousEventId: number, details: HistoryEventDetails, state?: string): number {
    const instant = this.clock.now();
    const event: HistoryEvent = {
      id: this.#events.length + 1,
      previousEventId,
      timestamp: new Date(instant.at),
      type,
      ...(state === undefined ? {} : { state }),
      instant,
      ...details,
    };
    this.#events.push(event);
    for (const listener of [...this.#listeners]) notify(listener, event);
    return event.id;
  }
}

/** A display that fails must not fail the recovery it displays; nor is it silent. */
function notify(listener: HistoryListener, event: HistoryEvent): void {
  try {
    listener(event);
  } catch (thrown) {
    process.emitWarning(thrown instanceof Error ? thrown : String(thrown));
  }
}
