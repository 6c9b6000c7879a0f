import { type Cancellation } from './cancellation';
import { type Clock } from './clock';
import { type Body } from './definition';
import { type Edge } from './edges';
import { type History, type HistoryEventDetails, type HistoryEventType } from './history';
import { type Json } from './json';
import { Scope } from './scope';
import { type TaskTokens } from './tokens';

/** Which execution of which machine this is, for `$states.context` and for handlers. */
export interface ExecutionIdentity {
  readonly executionArn: string;
  readonly executionName: string;
  readonly stateMachineArn: string;
  readonly stateMachineName: string;
  readonly roleArn: string;
}

/** What a handler is told beside the resource and the arguments. */
export interface TaskContext {
  /** Aborts when the task times out, a sibling branch fails, or the execution ends. New for every attempt. */
  readonly signal: AbortSignal;
  /** Only for `.waitForTaskToken`. */
  readonly token: string | undefined;
  readonly execution: ExecutionIdentity;
  readonly state: { readonly name: string; readonly retryCount: number };
  readonly timeoutSeconds: number | undefined;
  readonly clock: Clock;
  /** Records TaskSubmitted, for a `.sync` handler that has started what it waits for. */
  readonly submitted: (output: Json) => void;
}

/**
 * Does what a resource stands for; the interpreter itself knows no service. Resolves with the task's result (for a
 * token: with the answer of what was called, which history keeps), rejects with the failure: `name` is the error,
 * a textual `cause`, or else the message, the cause. All but `.sync` count as the clock's work until they settle or
 * are given up; a `.sync` handler mostly waits, and marks as work what is.
 */
export type TaskHandler = (resource: string, taskArguments: Json, context: TaskContext) => Promise<unknown>;

/** What all bodies of one execution share. */
export interface Run {
  readonly clock: Clock;
  readonly handler: TaskHandler;
  readonly tokens: TaskTokens;
  readonly history: History;
  readonly edges: Edge[];
  readonly identity: ExecutionIdentity;
  readonly input: Json;
  readonly startedAt: string;
  readonly random: () => number;
  /** Runs an inner body. Handed over here since a body runs states and some states run bodies. */
  readonly body: (frame: Frame, body: Body, input: Json, entry: Edge) => Promise<Json>;
}

export interface MapItem {
  readonly index: number;
  readonly value: Json;
}

/** One body under way: its variables, its thread through the history, and what ends it from outside. */
export class Frame {
  constructor(
    readonly run: Run,
    readonly scope: Scope,
    readonly cancellation: Cancellation,
    public lastEventId: number,
    readonly item: MapItem | undefined,
  ) {}

  record(type: HistoryEventType, details: HistoryEventDetails = {}, state?: string): number {
    this.lastEventId = this.run.history.record(type, this.lastEventId, details, state);
    return this.lastEventId;
  }

  /** A frame for an inner body; reads these variables, ends with this one. */
  inner(item: MapItem | undefined = this.item): Frame {
    return new Frame(this.run, new Scope(this.scope), this.cancellation.child(), this.lastEventId, item);
  }
}
