import type { Phase, Report } from './report';

/** A moment of a run: real time of day in milliseconds, and seconds of waiting skipped so far (0 on AWS). */
export interface Instant {
  readonly at: number;
  readonly skipped: number;
}

/** A usual duration, seconds, from so many earlier drills. */
export interface Normal {
  readonly from: number;
  readonly to: number;
  readonly drills: number;
}

/** What a person wants to know of a run before anything happens; on every frame and line. */
export interface RunFacts {
  readonly word: Report['word'];
  readonly environment: string;
  readonly account: { readonly alias: string; readonly id: string; readonly region: string };
  readonly plan: string;
  readonly runId: string;
  readonly trigger: string;
  /** Recovery time objective, seconds; null where none is known. */
  readonly target: number | null;
  /** How long the whole run and each phase usually take. */
  readonly normal?: Normal;
  readonly phases?: Partial<Record<Phase, Normal>>;
  /** What the keys do, in words. */
  readonly keys: string;
}

/** What a wait has to tell; since when it lasts is the step's beginning. */
export interface WaitFacts {
  readonly what: string;
  readonly normal?: Normal;
  /** Seconds after its beginning at which it is given up; null where it waits for ever. */
  readonly deadline: number | null;
  /** What happens at the deadline. */
  readonly then: string;
  readonly who: string;
  readonly command: string;
  /** True where a person has to do something. */
  readonly forPerson: boolean;
}

export interface StepFacts {
  readonly id: string;
  readonly machine: string;
  readonly name: string;
  readonly phase: Phase;
  readonly kind: 'task' | 'wait' | 'machine';
  readonly normal?: Normal;
  readonly wait?: WaitFacts;
}

/** What happens in a run, one after the other, for every sink. */
export type RunEvent =
  | { readonly type: 'started'; readonly at: Instant; readonly run: RunFacts }
  | { readonly type: 'step-entered'; readonly at: Instant; readonly step: StepFacts }
  | { readonly type: 'step-progress'; readonly at: Instant; readonly id: string; readonly text: string }
  | {
      readonly type: 'step-exited';
      readonly at: Instant;
      readonly id: string;
      readonly status: 'done' | 'failed' | 'caught' | 'aborted';
      readonly error?: string;
      /** Begun, and not ended before the question of the same name (`<name>: in force?`) is answered with yes. */
      readonly asks?: true;
    }
  | { readonly type: 'note'; readonly at: Instant; readonly text: string }
  | { readonly type: 'finished'; readonly at: Instant; readonly status: Report['status'] };

/** Seconds between two moments, measured and skipped together. */
export const elapsed = (from: Instant, to: Instant): number =>
  Math.max(0, (to.at - from.at) / 1000 + to.skipped - from.skipped);
