import type { Report } from '../contract/report';
import type { Instant, RunEvent, RunFacts, StepFacts } from './events';

export interface StepView {
  readonly facts: StepFacts;
  readonly start: Instant;
  readonly end: Instant | null;
  readonly status: 'running' | 'done' | 'failed' | 'caught' | 'aborted';
  readonly progress: string | null;
  readonly error: string | null;
}

/** A run as far as its events have told. Never changed; folding an event makes a new one. */
export interface RunView {
  readonly run: RunFacts | null;
  readonly start: Instant | null;
  /** In the order of their beginning. */
  readonly steps: readonly StepView[];
  readonly note: string | null;
  /** Seconds skipped so far, by the last event. */
  readonly skipped: number;
  readonly finished: { readonly at: Instant; readonly status: Report['status'] } | null;
}

export const emptyView: RunView = { run: null, start: null, steps: [], note: null, skipped: 0, finished: null };

/** Folds one event into the view. What an event says of a step that nobody entered is ignored. */
export function fold(before: RunView, event: RunEvent): RunView {
  const view = { ...before, skipped: event.at.skipped };
  const change = (id: string, part: Partial<StepView>): RunView => ({
    ...view,
    steps: view.steps.map((step) => (step.facts.id === id && step.end === null ? { ...step, ...part } : step)),
  });
  switch (event.type) {
    case 'started':
      return { ...view, run: event.run, start: event.at };
    case 'step-entered': {
      const entered: StepView = {
        facts: event.step,
        start: event.at,
        end: null,
        status: 'running',
        progress: null,
        error: null,
      };
      return { ...view, steps: [...view.steps, entered] };
    }
    case 'step-progress':
      return change(event.id, { progress: event.text });
    case 'step-exited':
      return change(event.id, { end: event.at, status: event.status, error: event.error ?? null });
    case 'note':
      return { ...view, note: event.text };
    case 'finished':
      return { ...view, finished: { at: event.at, status: event.status } };
  }
}
