import type { Span } from '../../contract/report';
import { total } from '../spans';
import { duration, spanInWords } from '../text';
import { html, type Markup } from './markup';

const WIDTH = 350;
const HEIGHT = 30;

export interface Bullet {
  readonly id: string;
  readonly name: string;
  /** Seconds. */
  readonly target: number | null;
  readonly targetName: string;
  readonly actual: Span | null;
  readonly previous: number | null;
}

/**
 * A bullet bar (Few, Bullet Graph Specification): the measure as a bar, the target as an upright tick, the last drill as
 * a hollow diamond. What was skipped is dotted, what was measured is solid. The figures stand beside it in text.
 */
export function bullet(of: Bullet): Markup {
  const longest = Math.max(of.target ?? 0, of.actual ? total(of.actual) : 0, of.previous ?? 0, 1);
  const x = (seconds: number): number => round((seconds / (longest * 1.08)) * (WIDTH - 8) + 4);
  const targetX = of.target === null ? null : x(of.target);
  const measured = of.actual ? Math.max(2, x(of.actual.measuredSeconds) - 4) : 0;
  const skipped = of.actual ? round(x(total(of.actual)) - x(of.actual.measuredSeconds)) : 0;
  const description = [
    of.actual ? `this time ${spanInWords(of.actual)}` : 'this time no figure',
    of.target === null ? 'no target' : `${of.targetName} ${duration(of.target)}`,
    of.previous === null ? 'no earlier drill' : `last drill ${duration(of.previous)}`,
  ].join(', ');
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${of.id}-t ${of.id}-d">
    <title id="${of.id}-t">${of.name}</title>
    <desc id="${of.id}-d">${description}</desc>
    <rect class="zone" x="4" y="4" width="${(targetX ?? WIDTH - 4) - 4}" height="22" />
    ${
      targetX === null
        ? null
        : html`<rect class="beyond" x="${targetX}" y="4" width="${round(WIDTH - 4 - targetX)}" height="22" />`
    }${
      of.actual
        ? html`<rect
              class="measured"
              x="4"
              y="10"
              width="${measured}"
              height="10"
            />${skipped > 0 ? html`<rect class="skipped" x="${round(4 + measured)}" y="10" width="${skipped}" height="10" />` : null}`
        : null
    }${targetX === null ? null : html`<rect class="target-tick" x="${round(targetX - 1.5)}" y="2" width="3" height="26" />`}${
      of.previous === null ? null : diamond(x(of.previous))
    }
  </svg>`;
}

const diamond = (x: number): Markup => html`<path class="previous-tick" d="M${x} 3l5 12l-5 12l-5 -12z" />`;

export const round = (n: number): number => Math.round(n * 10) / 10;
