import type { Report, Span } from '../../contract/report';
import { duration, measuredAndSkipped, utc } from '../text';
import { total } from '../spans';
import { anchor, html, type Content, type Markup } from './markup';

/** An instant, for people in UTC and for machines in ISO. */
export const time = (at: string): Markup => html`<time datetime="${new Date(at).toISOString()}">${utc(at)}</time>`;

/** A figure that leads to its evidence. */
export const figure = (content: Content, to: string): Markup => html`<a class="figure" href="#${to}">${content}</a>`;

export const stepAnchor = (id: string): string => anchor('step', id);
export const changeAnchor = (sequence: number): string => `change-${sequence}`;
export const checkAnchor = (index: number): string => `check-${index + 1}`;

/** A span's sum with how it came about in smaller letters. */
export const span = (of: Span): Markup =>
  of.skippedSeconds > 0
    ? html`<strong>${duration(total(of))}</strong> <small>${measuredAndSkipped(of)}</small>`
    : html`<strong>${duration(total(of))}</strong>`;

const stateWords: Readonly<Record<Report['changes'][number]['state'], string>> = {
  recorded: 'intended, not known whether made',
  applied: 'made, not confirmed',
  confirmed: 'in force',
  'not-applied': 'not made',
  undoing: 'being undone',
  undone: 'undone',
  'undo-failed': 'could not be undone',
};
export const changeWord = (change: Report['changes'][number]): string => stateWords[change.state];

/** A word with a shape: never colour alone. */
export function mark(kind: 'good' | 'bad' | 'unknown' | 'quiet', word: Content): Markup {
  const shape = { good: '✓', bad: '✕', unknown: '?', quiet: '–' }[kind];
  return html`<span class="mark ${kind}"><span class="shape" aria-hidden="true">${shape}</span>${word}</span>`;
}

export const metMark = (met: boolean | null): Markup =>
  met === null ? mark('unknown', 'not judged') : met ? mark('good', 'met') : mark('bad', 'missed');
