import type { Out, RunEvent, Sink } from './events';
import { elapsed } from './events';
import { render } from './progress';
import { clock, harmless, wrap } from './text';
import { emptyView, fold, type RunView } from './view';

/** A redraw costs a terminal more than it tells a person; five in a second are enough. */
export const REDRAW_MS = 200;

/** Draws the same rows again and again; log-update in a terminal. */
export interface Redraw {
  draw(text: string): void;
  clear(): void;
  done(): void;
}

export interface LiveOptions {
  readonly out: Out;
  readonly redraw: Redraw;
  /** The real time of day, milliseconds. */
  readonly now: () => number;
  readonly every: (milliseconds: number, action: () => void) => () => void;
  /** Paints a line of a frame; the line's words stay. */
  readonly paint: (line: string) => string;
  readonly zone?: string;
}

/** The live view of a terminal: a frame that is redrawn, and above it a line for every finished step that stays. */
export function liveSink({ out, redraw, now, every, paint, zone }: LiveOptions): Sink {
  let view: RunView = emptyView;
  let changed = false;
  let closed = false;
  const draw = () => {
    // One row less than there is, so that the cursor's own row never scrolls the frame away.
    const height = Math.max(1, (out.rows ?? 24) - 1);
    redraw.draw(
      render(view, out.columns ?? 80, height, { at: now(), skipped: view.skipped }, zone)
        .map(paint)
        .join('\n'),
    );
    changed = false;
  };
  let second = 0;
  const stop = every(REDRAW_MS, () => {
    second = (second + 1) % 5;
    if ((changed || second === 0) && view.run) draw();
  });
  const keep = (line: string) => {
    redraw.clear();
    // These lines stay in the terminal: nothing of them is cut off.
    const lines = wrap(harmless(line), out.columns && out.columns > 0 ? out.columns : 80, 4);
    for (const part of lines) out.write(`${paint(part)}\n`);
    changed = true;
  };
  return {
    event(event: RunEvent) {
      const step =
        event.type === 'step-exited' ? view.steps.find((of) => of.facts.id === event.id && of.end === null) : undefined;
      view = fold(view, event);
      changed = true;
      const prefix = view.run ? `${view.run.word} ${view.run.runId}` : 'DRILL';
      if (event.type === 'step-exited' && step && step.facts.kind !== 'machine') {
        const word = event.status === 'done' ? 'done' : event.status === 'aborted' ? 'STOP' : 'FAIL';
        const at = new Date(event.at.at).toISOString().slice(11, 19);
        keep(
          `${at} UTC ${prefix} ${word} ${step.facts.name} ${clock(elapsed(step.start, event.at))} ${event.error ?? ''}`,
        );
      } else if (event.type === 'note') keep(`${prefix} note ${event.text}`);
    },
    close() {
      if (closed) return;
      closed = true;
      stop();
      if (view.run) draw();
      redraw.done();
    },
  };
}

/** Paints by state words only, which stay readable without colour. */
export const painter =
  (colors: {
    green: (t: string) => string;
    red: (t: string) => string;
    bold: (t: string) => string;
    yellow: (t: string) => string;
  }) =>
  (line: string): string =>
    line
      .replace(/^(DRILL|REAL|REHEARSAL)\b/, (word) => colors.bold(word))
      .replace(/(?<=^ {0,2}|UTC \S+ \S+ )(done)(?= )/, (word) => colors.green(word))
      .replace(/(?<=^ {0,2}|UTC \S+ \S+ )(FAIL|STOP)(?= )/, (word) => colors.red(word))
      .replace(/^( {0,2})(RUN|WAIT)(?= )/, (_, indent: string, word: string) => indent + colors.bold(word))
      .replace(/\bOVER\b/, (word) => colors.yellow(word));

/** log-update on a terminal. Imported here only: it is ESM, slow to load, and nothing for a pipe. */
export async function openRedraw(stream: NodeJS.WriteStream): Promise<Redraw> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(stream);
  return {
    draw: (text) => {
      update(text);
    },
    clear: () => {
      update.clear();
    },
    done: () => {
      update.done();
    },
  };
}
