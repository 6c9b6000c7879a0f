import { REHEARSAL_LINES, rehearsalSummary } from '../../cli/rehearsal';
import type { Report } from '../../contract/report';
import type { RehearsedPlan } from '../../contract/rehearsal';
import type { Check } from '../../contract/run';
import { sampleReport } from '../report/fixtures';

const files = { json: '/drills/drl-0031/report.json', html: '/drills/drl-0031/report.html' };
const change = (step: string, undo: RehearsedPlan['undo'], more: Partial<RehearsedPlan> = {}): RehearsedPlan => ({
  key: step.toLowerCase().replaceAll(' ', '-'),
  kind: 'maintenance-page',
  step,
  before: { pages: 0 },
  after: { title: 'Drills' },
  undo,
  upon: null,
  insteadOf: null,
  ...more,
});
const check = (name: string, status: Check['status'], actual = 'as it is'): Check => ({
  name,
  status,
  expected: 'as it should be',
  actual,
  evidence: 'somebody',
});
const rehearsed = (changes: RehearsedPlan[], checks: Check[], lossSeconds: number | null = 12): Report => ({
  ...sampleReport(),
  mode: 'rehearse',
  status: 'succeeded',
  objectives: { rto: { ...sampleReport().objectives.rto, met: null }, rpo: sampleReport().objectives.rpo },
  checks,
  rehearsal: {
    at: '2026-11-23T02:13:40.000Z',
    digest: 'd',
    prediction: { durationSeconds: 600, downtimeSeconds: 60, lossSeconds, because: 'measured' },
    changes,
  },
});
const three = [
  change('Put the maintenance page up', 'yes'),
  change('Take the first backup', 'kept', { before: null }),
  change('Cut over', 'no'),
];

test('verdict first, then what cannot be undone, then the rest, and the next command', () => {
  const lines = rehearsalSummary(rehearsed(three, [check('rights', 'passed'), check('quota', 'passed')]), files);
  const at = (words: string) => lines.findIndex((line) => line.includes(words));
  expect(lines[0]).toMatch(/nothing was changed$/);
  expect(lines[1]).toBe('CAN RUN NOW: 2 of 2 checks passed, 0 cannot be checked');
  expect(lines[2]).toBe('WOULD CHANGE 3 · 1 not undoable · down 1 min · loses at most 12 s · 10 min');
  expect(lines[at('Cut over')]).toMatch(/^ {2}!! Cut over +cannot be undone/);
  expect(lines[at('Take the first backup')]).toMatch(/^ {2}\+ {2}Take the first backup +stays, the old is kept/);
  expect(lines[at('Put the maintenance page up')]).toMatch(/^ {2}~ {2}Put the maintenance page up +undo yes.* -> /);
  expect(at('Cut over')).toBeLessThan(at('Take the first backup'));
  expect(at('Cut over')).toBeLessThan(at('Put the maintenance page up'));
  expect(lines.at(-1)).toMatch(/^next .*--plan database-recovery/);
});

test('what failed and what is unknown stands before the changes, with what was found', () => {
  const checks = [check('rights', 'passed'), check('lease', 'failed', 'held by x'), check('quota', 'not-checkable')];
  const lines = rehearsalSummary(rehearsed(three, checks, null), files);
  expect(lines.slice(1, 4)).toEqual([
    'CANNOT RUN NOW: 1 of 3 checks failed, 1 cannot be checked',
    '  failed   lease: held by x',
    '  unknown  quota: as it is',
  ]);
  expect(lines[4]).toContain('loss not known');
});

test('it fits a small terminal at its worst, and says what was left out; nothing that cannot be undone is', () => {
  const many = Array.from({ length: 30 }, (_, index) =>
    check(`check ${index}`, index % 2 === 0 ? 'failed' : 'not-checkable'),
  );
  const changes = [
    ...Array.from({ length: 20 }, (_, index) => change(`Change ${index}`, 'yes')),
    ...Array.from({ length: 4 }, (_, index) => change(`Point ${index}`, 'no')),
  ];
  const lines = rehearsalSummary(rehearsed(changes, many), files);
  expect(lines.length).toBeLessThanOrEqual(REHEARSAL_LINES);
  expect(lines.filter((line) => line.startsWith('  !! '))).toHaveLength(4);
  expect(lines.filter((line) => line.includes('and 11 more'))).toHaveLength(2);
  expect(lines.join('\n')).toContain('... 20 more, 0 checks passed: all of them in the report');
});

test('no line is longer than the terminal, and none does anything to it', () => {
  const wild = change(`Cut ${'x'.repeat(200)}\u001b[2J`, 'no');
  const lines = rehearsalSummary(rehearsed([wild], [check('rights', 'failed', `a\nb\u0007${'y'.repeat(200)}`)]), files);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f]/);
});

test('a report that is of no rehearsal has no such summary', () => {
  expect(rehearsalSummary(sampleReport(), files)).toEqual([]);
});

test('folders that were kept come last', () => {
  const lines = rehearsalSummary(rehearsed(three, [check('rights', 'passed')]), files, ['/tmp/a', '/tmp/b']);
  expect(lines.slice(-2)).toEqual(['files    /tmp/a', '         /tmp/b']);
});
