import fc from 'fast-check';
import { reportSchema } from '../../contract/report';
import { buildReport } from '../../report/build';
import { mergeSandbox, previousOf } from '../../report/merge';
import { total } from '../../report/spans';
import { evidence, sample, samplePhases, sampleReport } from './fixtures';

test('every duration becomes measured and skipped, and objectives are judged on the sum', () => {
  const report = sampleReport();
  expect(reportSchema.parse(report)).toEqual(report);
  const restore = report.timeline.find(({ name }) => name === 'Restore finished');
  expect(restore?.duration.skippedSeconds).toBe(585);
  expect(report.incident.beforeRun.skippedSeconds).toBe(130);
  expect(report.incident.fault).toBe('2026-11-23T02:14:05.000Z');
  expect(total(report.objectives.rto.actual ?? { measuredSeconds: 0, skippedSeconds: 0 })).toBeCloseTo(1381.7, 0);
  expect(report.objectives.rpo.actual).toEqual({ measuredSeconds: 24.6, skippedSeconds: 0 });
  expect(report.phases.map(({ phase }) => phase)).toEqual([
    'detect',
    'decide',
    'restore',
    'validate',
    'cut over',
    'settle',
  ]);
  expect(report.phases.reduce((sum, { duration }) => sum + total(duration), 0)).toBeCloseTo(
    total(report.incident.duration),
    0,
  );
});

test('skipped time alone can miss the objective', () => {
  const made = sample('recovered');
  const report = mergeSandbox(buildReport(made.material, samplePhases), {
    ...evidence(made),
    skippedBetween: () => 20_000,
  });
  expect(report.objectives.rto.met).toBe(false);
  expect(report.verdict).toMatch(/^Recovery time 5 h 34 min, objective 4 h; /);
});

test('merging twice is merging once', () => {
  const made = sample('recovered');
  const once = mergeSandbox(buildReport(made.material, samplePhases), evidence(made));
  expect(mergeSandbox(once, evidence(made))).toEqual(once);
});

test('a budget is met up to its figure and not beyond; what was not counted is not met', () => {
  const made = sample('recovered');
  const base = buildReport(made.material, samplePhases);
  fc.assert(
    fc.property(fc.nat(100), (rowsLost) => {
      const [budget] = mergeSandbox(base, evidence(made, { rowsLost })).budgets;
      expect(budget?.met).toBe(31 <= rowsLost);
    }),
  );
  const [blind] = mergeSandbox(base, { ...evidence(made, { rowsLost: 100 }), observation: null }).budgets;
  expect(blind).toMatchObject({ actual: null, met: false });
});

test('lost rows of which nobody knows the last one are not judged, and no lost row is no loss', () => {
  const made = sample('recovered');
  const base = buildReport(made.material, samplePhases);
  const { observation } = evidence(made);
  if (!observation) throw new Error('the sample has an observer');
  const unknown = mergeSandbox(base, { ...evidence(made), observation: { ...observation, lossWindow: null } });
  expect(unknown.objectives.rpo).toMatchObject({ actual: null, met: null });
  const none = { ...observation, lossWindow: null, rows: { ...observation.rows, lost: 0 } };
  expect(mergeSandbox(base, { ...evidence(made), observation: none }).objectives.rpo).toMatchObject({
    met: true,
    actual: { measuredSeconds: 0 },
  });
});

test('the next drill compares itself with this one', () => {
  const made = sample('recovered');
  const before = sampleReport();
  const next = mergeSandbox(buildReport(made.material, samplePhases), {
    ...evidence(made),
    previous: previousOf(before),
  });
  expect(next.objectives.rto.previous).toBe(
    total(before.objectives.rto.actual ?? { measuredSeconds: 0, skippedSeconds: 0 }),
  );
  expect(next.previous?.runId).toBe('drl-0031');
});
