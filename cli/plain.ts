import type { Instant, Out, RunEvent, Sink } from './events';
import { elapsed } from './events';
import { bothClocks, compact, harmless } from './text';
import { emptyView, fold, type RunView, type StepView } from './view';

/** A wait never stays silent for longer than 30 seconds (docs: no terminal); a little less, for the timer's slack. */
export const HEARTBEAT_MS = 25_000;

export interface PlainOptions {
  readonly out: Out;
  /** The real time of day, milliseconds. */
  readonly now: () => number;
  /** Calls `action` every so many milliseconds; answers with what stops it. */
  readonly every: (milliseconds: number, action: () => void) => () => void;
  readonly zone?: string;
}

/** One line per event with its time in UTC, for pipes, logs and screen readers: no escape bytes, nothing redrawn. */
export function plainSink({ out, now, every, zone }: PlainOptions): Sink {
  let view: RunView = emptyView;
  let written = now();
  const say = (at: Instant, text: string) => {
    const { run } = view;
    const where = run ? `${run.word} ${run.environment} ${run.runId}` : 'DRILL';
    out.write(harmless(`${new Date(at.at).toISOString().replace(/\.\d+Z$/, 'Z')} ${where} ${text}`) + '\n');
    written = at.at;
  };
  const sinceOf = (step: StepView, at: Instant) => compact(elapsed(step.start, at));
  const stop = every(5000, () => {
    const at = { at: now(), skipped: view.skipped };
    if (at.at - written < HEARTBEAT_MS - 5000 || view.finished) return;
    const running = view.steps.filter((step) => step.end === null && step.facts.kind !== 'machine');
    for (const step of running) say(at, `${pathOf(step)} running ${sinceOf(step, at)} ${step.progress ?? ''}`);
    if (running.length === 0) say(at, 'running, no step is under way');
  });
  return {
    event(event: RunEvent) {
      const before = view;
      view = fold(view, event);
      switch (event.type) {
        case 'started': {
          const { account, plan, trigger, target } = event.run;
          const objective = target === null ? '' : ` objective ${compact(target)}`;
          say(
            event.at,
            `started ${plan} by ${trigger} in account ${account.alias} (${account.id}) ${account.region}${objective} at ${bothClocks(event.at.at, zone)}`,
          );
          return;
        }
        case 'step-entered': {
          const step = view.steps.at(-1);
          if (step) say(event.at, `${pathOf(step)} entered${waitText(step)}`);
          return;
        }
        case 'step-progress':
        case 'step-exited': {
          const step = before.steps.find((of) => of.facts.id === event.id && of.end === null);
          if (!step) return;
          if (event.type === 'step-progress') {
            if (step.progress !== event.text)
              say(event.at, `${pathOf(step)} running ${sinceOf(step, event.at)} ${event.text}`);
          } else say(event.at, `${pathOf(step)} ${event.status} ${sinceOf(step, event.at)} ${event.error ?? ''}`);
          return;
        }
        case 'note':
          say(event.at, `note ${event.text}`);
          return;
        case 'finished': {
          const begun = view.steps[0]?.start ?? view.start;
          say(event.at, `${event.status} ${begun ? compact(elapsed(begun, event.at)) : ''}`);
          return;
        }
      }
    },
    close: stop,
  };
}

/** The phase that a line of this sink says a step was entered in; null for every other line. */
export const phaseOf = (line: string): string | null => / ([a-z-]+)\.[a-z0-9-]+ entered/.exec(line)?.[1] ?? null;

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
const pathOf = ({ facts }: StepView): string => `${slug(facts.phase)}.${slug(facts.name)}`;

function waitText({ facts }: StepView): string {
  const { wait } = facts;
  if (!wait) return '';
  const normal = wait.normal ? ` normally=${compact(wait.normal.from)}-${compact(wait.normal.to)}` : '';
  const deadline = wait.deadline === null ? 'none' : compact(wait.deadline);
  return ` for="${wait.what}"${normal} deadline=${deadline} then="${wait.then}" ends-it="${wait.who}" command="${wait.command}"`;
}
