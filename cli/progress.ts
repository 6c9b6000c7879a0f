import { phases, type Phase } from '../contract/report';
import { elapsed, type Instant, type Normal, type RunFacts } from './events';
import { bothClocks, clock, cut, harmless, wrap } from './text';
import type { RunView, StepView } from './view';

/** What a width or a height of 0 is taken for: a terminal that does not tell its size. */
const FALLBACK = { width: 80, height: 24 };
/** From so many rows on, long lines are broken; below, they are cut. */
const ROOMY = 16;

/**
 * One frame of the live view, at most `height` lines of at most `width` characters. Header and footer stay; where room is
 * short, done steps fold first, then done phases, then what is to come. State words, no glyphs, no colour, no escape bytes.
 * @param zone IANA name of the local zone; the machine's own where it is not given.
 */
export function render(view: RunView, width: number, height: number, now: Instant, zone?: string): string[] {
  const columns = width > 0 ? width : FALLBACK.width;
  const rows = height > 0 ? height : FALLBACK.height;
  const { run, start } = view;
  if (!run || !start) return [cut('waiting for the run to begin', columns)];
  const until = view.finished?.at ?? now;
  const roomy = rows >= ROOMY;
  // What a drill builds before it breaks anything is no part of the recovery.
  const begun = view.steps[0]?.start ?? null;
  const header = [harmless(title(run)), budget(run, begun, until, columns, zone)].flatMap((line) =>
    roomy ? wrap(line, columns, 4) : [line],
  );
  const footer = footerOf(view, run);
  const lines = [
    ...header,
    ...body(view, until, { room: rows - header.length - 1, width: roomy ? columns : null }, zone),
    footer,
  ];
  return lines.slice(0, rows).map((line) => cut(line, columns));
}

export const title = (run: RunFacts): string =>
  `${run.word} · ${run.environment} (${run.account.alias} …${run.account.id.slice(-4)}) ${run.account.region} · ${run.plan} · ${run.runId} · started by ${run.trigger}`;

function budget(run: RunFacts, start: Instant | null, now: Instant, columns: number, zone?: string): string {
  if (start === null) return `RTO ${run.target === null ? 'unknown' : clock(run.target)}  the recovery has not begun`;
  const used = elapsed(start, now);
  const skipped = now.skipped - start.skipped;
  const parts = [`${clock(used)} used`];
  if (run.target !== null) {
    const left = run.target - used;
    parts.push(left >= 0 ? `${clock(left)} left` : `${clock(-left)} OVER`);
  }
  if (skipped > 0) parts.push(`${clock(skipped)} of it skipped`);
  if (run.normal) {
    const expected = now.at + Math.max(0, (run.normal.from + run.normal.to) / 2 - used) * 1000;
    parts.push(`expected end ${bothClocks(expected, zone)}${skipped > 0 ? ' or sooner' : ''}`);
  }
  const bar = run.target === null || columns < 72 ? '' : `[${gauge(used / run.target, 10)}] `;
  return `RTO ${run.target === null ? 'unknown' : clock(run.target)} ${bar} ${parts.join(', ')}`.replace('  ', ' ');
}

const gauge = (share: number, cells: number): string => {
  const filled = Math.min(cells, Math.max(0, Math.round(share * cells)));
  return '#'.repeat(filled) + '-'.repeat(cells - filled);
};

function footerOf(view: RunView, run: RunFacts): string {
  const person = view.steps.find((step) => step.end === null && step.facts.wait?.forPerson === true);
  const waits = person?.facts.wait
    ? `${harmless(person.facts.name)}, ${harmless(person.facts.wait.command)}`
    : 'nothing';
  const state = view.finished ? `ENDED: ${view.finished.status}` : `WAITS FOR YOU: ${waits}`;
  return view.finished ? state : `${state}   ${run.keys}`;
}

interface PhaseView {
  readonly phase: Phase;
  readonly steps: readonly StepView[];
  readonly running: boolean;
}

/** The lines between header and footer, folded to `room`; long ones broken at `width`, where there is one. */
function body(
  view: RunView,
  now: Instant,
  { room, width }: { room: number; width: number | null },
  zone?: string,
): string[] {
  const shown = view.steps.filter((step) => step.facts.kind !== 'machine');
  const known = phases
    .map((phase): PhaseView => {
      const steps = shown.filter((step) => step.facts.phase === phase);
      return { phase, steps, running: steps.some((step) => step.end === null) };
    })
    .filter(({ steps }) => steps.length > 0);
  // Where the durations stand: behind the longest name, where that leaves room.
  const column = Math.min(44, Math.max(28, ...shown.map(({ facts }) => facts.name.length)));
  const current = known.find(({ running }) => running) ?? known.at(-1);
  const done = known.filter((of) => of !== current);
  const lastBegun = phases.findLastIndex((phase) => known.some((of) => of.phase === phase));
  const coming = view.finished ? [] : phases.slice(lastBegun + 1);

  const past = done.map((of) => phaseLine(of, view, now));
  const head = current ? [phaseLine(current, view, now)] : [];
  const running = (current?.steps ?? []).filter((step) => step.end === null);
  const ended = (current?.steps ?? []).filter((step) => step.end !== null);
  const live = running.flatMap((step) => {
    const lines = stepLines(step, now, column, zone);
    return width === null ? lines : lines.flatMap((line) => wrap(line, width, 10));
  });
  const next = coming.length > 0 ? [`next  ${coming.join(', ')}`] : [];
  const note = view.note === null ? [] : [`note  ${harmless(view.note)}`];

  const free = () => room - foldedPast.length - head.length - live.length - rest.length;
  let foldedPast = past;
  let rest = [...next, ...note];
  if (free() < 1 && past.length > 1) foldedPast = [`done  ${done.map(({ phase }) => phase).join(', ')}`];
  if (free() < 0) rest = next;
  if (free() < 0) rest = [];
  if (free() < 0) foldedPast = [];
  const space = Math.max(0, free());
  const endedLines = ended.flatMap((step) => stepLines(step, now, column, zone));
  const folded =
    endedLines.length <= space
      ? endedLines
      : space === 0
        ? []
        : [
            `  done  ${endedLines.length - (space - 1)} earlier steps`,
            ...endedLines.slice(endedLines.length - (space - 1)),
          ];
  return [...foldedPast, ...head, ...folded, ...live, ...rest].slice(0, Math.max(0, room));
}

const failed = (steps: readonly StepView[]) => steps.some(({ status }) => status === 'failed' || status === 'aborted');

function phaseLine({ phase, steps, running }: PhaseView, view: RunView, now: Instant): string {
  const word = running ? 'RUN ' : failed(steps) ? 'FAIL' : 'done';
  const first = steps[0]?.start ?? now;
  const last = running ? now : (steps.map(({ end }) => end).findLast((end) => end !== null) ?? now);
  return `${word}  ${phase.padEnd(9)} ${clock(elapsed(first, last)).padStart(7)}${normally(view.run?.phases?.[phase])}`;
}

const normally = (normal: Normal | undefined): string =>
  normal ? `  normally ${clock(normal.from)}–${clock(normal.to)} (${normal.drills} drills)` : '';

const words: Readonly<Record<StepView['status'], string>> = {
  running: 'RUN ',
  done: 'done',
  failed: 'FAIL',
  caught: 'FAIL',
  aborted: 'STOP',
};

/** A step; a wait that tells its facts has three lines, with all seven things that a wait has to say. */
function stepLines(step: StepView, now: Instant, column: number, zone?: string): string[] {
  const { wait, name, normal } = step.facts;
  const spent = elapsed(step.start, step.end ?? now);
  const waiting = step.end === null && step.facts.kind === 'wait';
  const word = waiting ? 'WAIT' : words[step.status];
  const remaining = normal && step.end === null ? `  normally ${clock(normal.from)}–${clock(normal.to)}` : '';
  const told = step.error ?? (step.end === null ? step.progress : null);
  const line = `  ${word}  ${harmless(name).padEnd(column)} ${clock(spent).padStart(7)}${wait ? '' : remaining}${told === null ? '' : `  ${harmless(told)}`}`;
  if (!waiting || !wait) return [line];
  const usual = wait.normal ? `normally ${clock(wait.normal.from)}–${clock(wait.normal.to)}` : 'normal time unknown';
  const deadline =
    wait.deadline === null ? 'no deadline' : `until ${clock(wait.deadline)} (${clock(wait.deadline - spent)} left)`;
  return [
    line,
    `        for ${harmless(wait.what)}, since ${bothClocks(step.start.at, zone)}, ${usual}`,
    `        ${deadline}, then ${harmless(wait.then)}`,
    `        ends it: ${harmless(wait.who)}, ${harmless(wait.command)}`,
  ];
}
