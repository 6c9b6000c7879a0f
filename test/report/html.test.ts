import fc from 'fast-check';
import type { Report } from '../../contract/report';
import { renderHtml } from '../../report/html';
import { escapeText } from '../../report/html/markup';
import { sampleReport } from './fixtures';

const report = sampleReport();
const page = renderHtml(report);

test('one file without script or address, not too large, the same bytes each time', () => {
  expect(page).toMatch(/^<!DOCTYPE html>/);
  expect(page).toContain(`content="default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
  expect(page).not.toMatch(/<script|<img|<link|<iframe|javascript:|\son\w+=|url\((?!#)|https?:\/\//i);
  expect(Buffer.byteLength(page)).toBeLessThan(500_000);
  expect(renderHtml(sampleReport())).toBe(page);
});

test('the drawing has one bar per step and the table one row per bar', () => {
  const bars = [...page.matchAll(/<g class="bar" data-step="([^"]+)"/g)].map(([, id]) => id);
  const rows = [...page.matchAll(/<tr class="step" id="([^"]+)"/g)].map(([, id]) => id);
  expect(bars).toHaveLength(report.timeline.length);
  expect(rows).toEqual(bars);
});

test('every link leads to a place in the page, every id is there once', () => {
  const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, to]) => to);
  expect(links.length).toBeGreaterThan(report.timeline.length);
  for (const to of links) expect(ids).toContain(to?.replace(/^#/, ''));
});

test('every time is machine-readable and names its zone', () => {
  expect([...page.matchAll(/<time datetime="([^"]+)">([^<]+)<\/time>/g)].length).toBeGreaterThan(
    report.timeline.length,
  );
  const bare = page.replace(/<time[^>]*>[^<]*<\/time>/g, '').match(/\d\d:\d\d:\d\d(?!\.?\d*Z)/g) ?? [];
  expect(bare).toEqual([]);
});

test('what is missing says why', () => {
  const empty: Report = {
    ...report,
    observation: null,
    checks: [],
    decisions: [],
    changes: [],
    kept: [],
    standIns: [],
    budgets: [],
    previous: null,
    timeline: [],
    phases: [],
    restore: null,
    health: null,
  };
  const rendered = renderHtml(empty);
  expect(rendered.match(/None, because/g)?.length).toBeGreaterThanOrEqual(7);
  expect(rendered).not.toMatch(/undefined|\[object|NaN|Infinity/);
});

test('an objective within reach is a line in the drawing, one beyond is named', () => {
  expect(page).toContain('objective 4 h: beyond the right edge');
  const near = { ...report, objectives: { ...report.objectives, rto: { ...report.objectives.rto, target: 1500 } } };
  expect(renderHtml(near)).toContain('RTO 25 min');
});

test('a failed run shows its cause and where', () => {
  const failed = renderHtml(sampleReport('failed', {}));
  expect(failed).toContain('incompatible-parameters');
  expect(failed).toContain('failed, caught');
});

/** Puts one text everywhere where text of others can be. */
const poisoned = (text: string): Report => ({
  ...report,
  runId: text,
  plan: text,
  verdict: text,
  reason: text,
  error: text,
  cause: text,
  failedStep: text,
  application: { name: text, title: text },
  account: { id: text, alias: text, region: text },
  timeline: report.timeline.map((step) => ({
    ...step,
    id: `${text}${step.id}`,
    machine: text,
    name: text,
    error: text,
  })),
  executions: [{ machine: text, executionArn: text }],
  health: { healthy: true, status: 200, detail: text },
  checks: [{ name: text, status: 'passed', expected: text, actual: text, evidence: text }],
  decisions: [
    { at: report.started, subject: text, choice: text, reason: text, alternatives: [{ choice: text, because: text }] },
  ],
  changes: report.changes.map((change) => ({
    ...change,
    key: text,
    target: { [text]: text },
    before: text,
    error: text,
  })),
  kept: [{ what: text, until: null }],
  undoFailed: [text],
  standIns: [{ name: text, instead: text, differs: text }],
  budgets: [{ name: text, unit: text, budget: 1, actual: 2, met: false, because: text }],
});

test('text of others never becomes markup', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onload='x",
      '</style><b>',
      '</title><b>',
      '<!--',
      '&lt;',
      ']]>',
      '\u0000<',
    ),
  );
  const shape = (html: string) =>
    (html.match(/<\/?[a-z!][^>]*>/gi) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""')).join('');
  const expected = shape(renderHtml(poisoned('plain')));
  fc.assert(
    fc.property(hostile, (text) => {
      // Compared as a truth value: the difference of two pages tells nobody anything.
      expect(shape(renderHtml(poisoned(`x${text}`))) === expected).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('escaping leaves no character that could begin or end markup or an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(escapeText(text)).not.toMatch(/[<>"'\u0000-\u0008]|&(?!(amp|lt|gt|quot|#39);)/);
    }),
  );
});
