import type { Report, Step } from '../../contract/report';
import { noSpan, plus, total } from '../spans';
import { duration, spanInWords } from '../text';
import { round } from './bullet';
import { html, type Markup } from './markup';
import { stepAnchor } from './words';

const WIDTH = 1100;
const LABEL = 268;
const FIGURES = 150;
const TRACK = WIDTH - LABEL - FIGURES;
const ROW = 22;

interface Scale {
  /** X of so many seconds after the fault. */
  readonly x: (seconds: number) => number;
  readonly longest: number;
  readonly marks: readonly number[];
  readonly rto: number | null;
  readonly rtoInside: boolean;
}

function scaleOf(report: Report): Scale {
  const end = Math.max(
    total(report.incident.duration),
    ...report.timeline.map((s) => startOf(report, s) + total(s.duration)),
    1,
  );
  const rto = report.objectives.rto.target;
  const rtoInside = rto !== null && rto <= end * 1.5;
  const longest = Math.max(end, rtoInside ? rto : 0) * 1.01;
  const step =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400].find(
      (s) => longest / s <= 8,
    ) ?? 172_800;
  const marks = Array.from({ length: Math.floor(longest / step) + 1 }, (_, index) => index * step);
  return { x: (seconds) => round(LABEL + (seconds / longest) * TRACK), longest, marks, rto, rtoInside };
}

const startOf = (report: Report, step: Step): number => total(plus(report.incident.beforeRun, step.offset));

/** Steps in their order, cut where the phase changes, so that paper can break between the pieces. */
export function groups(report: Report): { phase: Step['phase']; steps: Step[] }[] {
  const cut: { phase: Step['phase']; steps: Step[] }[] = [];
  for (const step of report.timeline) {
    const last = cut.at(-1);
    if (last?.phase === step.phase) last.steps.push(step);
    else cut.push({ phase: step.phase, steps: [step] });
  }
  return cut;
}

/** The pictures of the patterns, once for the page; every drawing refers to them. */
export const patterns = html`<svg width="0" height="0" style="position:absolute" aria-hidden="true" focusable="false">
  <defs>
    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="hatch-base" width="6" height="6" />
      <line class="hatch-line" x1="0" y1="0" x2="0" y2="6" />
    </pattern>
    <pattern id="dots" width="4" height="4" patternUnits="userSpaceOnUse">
      <rect class="dotbase" width="4" height="4" />
      <rect class="dot" x="1" y="1" width="1.2" height="1.2" />
    </pattern>
  </defs>
</svg>`;

export const legend = html`<ul class="legend">
  <li>
    <svg viewBox="0 0 26 12" aria-hidden="true"><rect class="bar-task" width="26" height="12" /></svg>work, measured
  </li>
  <li>
    <svg viewBox="0 0 26 12" aria-hidden="true">
      <rect class="bar-wait" width="26" height="12" />
      <rect class="bar-outline" x=".5" y=".5" width="25" height="11" /></svg
    >waiting, measured (hatched)
  </li>
  <li>
    <svg viewBox="0 0 26 12" aria-hidden="true">
      <rect class="bar-skipped" width="26" height="12" />
      <rect class="bar-outline" x=".5" y=".5" width="25" height="11" /></svg
    >waiting, skipped by the sandbox (dotted)
  </li>
  <li>
    <svg viewBox="0 0 26 12" aria-hidden="true"><path class="lane" d="M4 1v10M8 1v10" /></svg>beside others
  </li>
  <li>×2 attempts made</li>
  <li>
    <svg viewBox="0 0 26 12" aria-hidden="true"><path class="cross" d="M9 2l8 8M17 2l-8 8" /></svg>failed
  </li>
</ul>`;

/** The time line drawn: one bar per step from its start to its end; a picture per phase on one common scale. */
export function drawing(report: Report): Markup {
  const scale = scaleOf(report);
  const zero = report.incident.fault === null ? 'detection' : 'fault';
  const pieces = groups(report);
  return html`<figure class="drawing">
    ${axis(scale, zero)}${pieces.map((piece, index) => group(report, scale, piece.phase, piece.steps, index))}
  </figure>`;
}

function axis(scale: Scale, zero: string): Markup {
  const note = scale.rto === null || scale.rtoInside ? '' : `objective ${duration(scale.rto)}: beyond the right edge →`;
  return html`<svg class="axis" viewBox="0 0 ${WIDTH} 40" role="img" aria-labelledby="axis-t axis-d">
    <title id="axis-t">Scale of the time line</title>
    <desc id="axis-d">
      From the ${zero} to ${duration(scale.longest)} after it.
      ${note || (scale.rto === null ? 'No objective is known.' : `A dashed line marks the objective of ${duration(scale.rto)}.`)}
    </desc>
    <text class="quiet-text" x="0" y="32">time since the ${zero}</text>
    ${scale.marks.map(
      (at) =>
        html`<line class="grid" x1="${scale.x(at)}" y1="37" x2="${scale.x(at)}" y2="40" /><text
            class="quiet-text"
            x="${scale.x(at)}"
            y="32"
            text-anchor="${at === 0 ? 'start' : 'middle'}"
            >${duration(at)}</text
          >`,
    )}
    <text class="quiet-text" x="${WIDTH}" y="32" text-anchor="end">took</text>
    ${
      scale.rto !== null && scale.rtoInside
        ? html`<line class="rto" x1="${scale.x(scale.rto)}" y1="16" x2="${scale.x(scale.rto)}" y2="40" /><text
              x="${scale.x(scale.rto)}"
              y="12"
              text-anchor="end"
              >RTO ${duration(scale.rto)}</text
            >`
        : note === ''
          ? null
          : html`<text class="quiet-text" x="${WIDTH - FIGURES}" y="12" text-anchor="end">${note}</text>`
    }
  </svg>`;
}

function group(report: Report, scale: Scale, phase: string, steps: readonly Step[], index: number): Markup {
  const height = 24 + steps.length * ROW + 4;
  const spent = report.phases.find((of) => of.phase === phase)?.duration ?? noSpan;
  const id = `phase-${index}`;
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${id}-t ${id}-d">
    <title id="${id}-t">Phase ${phase}</title>
    <desc id="${id}-d">
      ${steps.length} steps; the phase took ${spanInWords(spent)} in all. The table below has the same data.
    </desc>
    ${scale.marks.map(
      (at) => html`<line class="grid" x1="${scale.x(at)}" y1="0" x2="${scale.x(at)}" y2="${height}" />`,
    )}${scale.rto !== null && scale.rtoInside ? html`<line class="rto" x1="${scale.x(scale.rto)}" y1="0" x2="${scale.x(scale.rto)}" y2="${height}" />` : null}
    <text class="phase-text" x="0" y="17">${phase}</text>
    ${steps.map((step, row) => bar(report, scale, step, 24 + row * ROW))}
  </svg>`;
}

function bar(report: Report, scale: Scale, step: Step, y: number): Markup {
  const from = startOf(report, step);
  const { measuredSeconds, skippedSeconds } = step.duration;
  const x = scale.x(from);
  const measured = Math.max(2, round(scale.x(from + measuredSeconds) - x));
  const skipped = round(scale.x(from + measuredSeconds + skippedSeconds) - scale.x(from + measuredSeconds));
  const whole = round(measured + skipped);
  const indent = step.machine === 'recovery' ? 8 : 20;
  const lanes =
    step.lane > 0
      ? html`<path
          class="lane"
          d="${Array.from({ length: step.lane }, (_, lane) => `M${indent + lane * 4} ${y + 4}v14`).join('')}"
        />`
      : null;
  const label = shorten(step.name, 36) + (step.attempts > 1 ? ` ×${step.attempts}` : '');
  const shape =
    step.kind === 'machine'
      ? html`<rect class="bar-machine" x="${x}" y="${y + 7}" width="${whole}" height="8" />`
      : html`<rect class="bar-${step.kind}" x="${x}" y="${y + 4}" width="${measured}" height="14" />${
            skipped > 0.5
              ? html`<rect
                  class="bar-skipped"
                  x="${round(x + measured)}"
                  y="${y + 4}"
                  width="${skipped}"
                  height="14"
                />`
              : null
          }${step.kind === 'wait' || skipped > 0.5 ? html`<rect class="bar-outline" x="${x}" y="${y + 4}" width="${whole}" height="14" />` : null}`;
  const failed = step.status === 'failed' || step.status === 'aborted';
  const centre = round(x + whole + 10);
  return html`<g class="bar" data-step="${stepAnchor(step.id)}"
    >${lanes}<text x="${indent + step.lane * 4 + (step.lane > 0 ? 4 : 0)}" y="${y + 16}">${label}</text>${shape}${
      failed ? html`<path class="cross" d="M${round(centre - 4)} ${y + 7}l8 8m0 -8l-8 8" />` : null
    }<text class="quiet-text" x="${WIDTH}" y="${y + 16}" text-anchor="end"
      >${word(step)}${duration(total(step.duration))}</text
    ></g
  >`;
}

const word = (step: Step): string => (step.status === 'done' ? '' : `${step.status} · `);

/** What is asked about a step ("Move the record: in force?") is what tells its bar from the step's own: it is kept. */
function shorten(text: string, length: number): string {
  if (text.length <= length) return text;
  const question = /: [^:]+\?$/.exec(text)?.[0] ?? '';
  return `${text.slice(0, length - question.length - 1).trimEnd()}…${question}`;
}
