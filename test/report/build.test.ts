import * as z from 'zod';
import { reportSchema } from '../../contract/report';
import { buildReport } from '../../report/build';
import { reportMaterialSchema } from '../../report/material';
import { sample, samplePhases } from './fixtures';

const { material } = sample('recovered');

test('a report of the sample is what the contract says, from material that went through JSON', () => {
  const through = reportMaterialSchema.parse(JSON.parse(JSON.stringify(material)));
  const report = buildReport(through, samplePhases);
  expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  expect(report).toMatchObject({ word: 'DRILL', status: 'succeeded', pointOfNoReturnPassed: true });
  expect(report.restore).toEqual({
    kind: 'point-in-time',
    moment: '2026-11-23T02:13:40.000Z',
    fencedAt: '2026-11-23T02:14:12.070Z',
  });
  expect(report.kept.map(({ what }) => what)).toEqual(['replaced database instance interview-drills-drill']);
  expect(report.kept[0]?.until).toMatch(/^2026-12-07/);
});

test('nothing is skipped before a sandbox says so', () => {
  const report = buildReport(material, samplePhases);
  for (const { duration } of report.timeline) expect(duration.skippedSeconds).toBe(0);
  expect(report.standIns).toEqual([]);
  expect(report.budgets).toEqual([]);
});

test('without an observer recovery ends when users are let in, and data loss is bounded by the fence', () => {
  const { objectives } = buildReport(material, samplePhases);
  expect(objectives.rto.definition).toBe(
    'From the detection (nobody told when the fault began) to the removal of the maintenance page.',
  );
  expect(objectives.rto.met).toBe(true);
  expect(objectives.rpo.definition).toMatch(/^At most: from the moment restored to, to the fence/);
  expect(objectives.rpo.met).toBe(true);
});

test('a bound of the data loss beyond the objective proves nothing', () => {
  const journal = structuredClone(material.journal);
  const fence = journal.find(({ kind }) => kind === 'database-fence');
  if (fence) fence.confirmedAt = '2026-11-23T04:00:00.000Z';
  const { objectives } = buildReport({ ...material, journal }, samplePhases);
  expect(objectives.rpo.met).toBeNull();
  expect(objectives.rpo.because).toContain('upper bound');
});

test('restoring to "latest" loses nothing behind a confirmed fence, and is not judged without one', () => {
  const latest = structuredClone(material.journal).map((entry) =>
    entry.kind === 'database-replacement'
      ? {
          ...entry,
          target: z
            .unknown()
            .parse(JSON.parse(JSON.stringify(entry.target).replace('2026-11-23T02:13:40.000Z', 'latest'))),
        }
      : entry,
  );
  expect(buildReport({ ...material, journal: latest }).objectives.rpo).toMatchObject({
    met: true,
    actual: { measuredSeconds: 0 },
  });
  const open = latest.filter(({ kind }) => kind !== 'database-fence');
  expect(buildReport({ ...material, journal: open }).objectives.rpo).toMatchObject({ met: null, actual: null });
});

test('an application that nobody asked, or that is not healthy, is not taken for recovered', () => {
  expect(buildReport({ ...material, outside: null }).objectives.rto.met).toBeNull();
  const sick = buildReport({ ...material, outside: { healthy: false, status: 502, detail: 'bad gateway' } });
  expect(sick.objectives.rto).toMatchObject({ met: false, actual: null });
  expect(sick.verdict).toBe('The application is not healthy from outside (bad gateway).');
});

test('a failed run names its step, keeps its restored instance, and has met nothing', () => {
  const report = buildReport(sample('failed').material, samplePhases);
  expect(report.failedStep).toBe('database-recovery › Settings in force');
  expect(report.kept.map(({ what }) => what)).toEqual(['restored database instance lifeboat-drill-drl-0031']);
  expect(report.objectives.rto.met).toBe(false);
  expect(report.objectives.rpo.met).toBe(false);
  expect(report.verdict).toBe(
    'Failed at database-recovery › Settings in force (RestoreFailedError); 5 changes made, 4 taken back, 1 kept.',
  );
});

test('a run that was refused before its description was read still has a report', () => {
  const report = buildReport({
    ...material,
    run: { ...material.run, plan: null, environment: 'production' },
    outcome: { status: 'rejected', error: 'InvalidInputError', cause: 'plan: unknown' },
    journal: [],
    description: null,
    outside: null,
    pointOfNoReturnPassed: false,
    histories: material.histories.slice(0, 1),
  });
  expect(reportSchema.parse(report)).toMatchObject({
    word: 'REAL',
    account: { id: '123456789012', alias: 'unknown', region: 'us-east-1' },
    objectives: { rto: { target: null, met: null }, rpo: { target: null, met: null } },
    verdict: 'Refused (InvalidInputError), nothing was changed.',
  });
});
