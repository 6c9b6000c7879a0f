import type { Report } from '../../contract/report';
import { exitCodeHelp, exitCodeOf, exitCodes } from '../../cli/exit-codes';
import { sampleReport } from '../report/fixtures';

const report = sampleReport();

test.each<[string, Partial<Report>, number]>([
  ['done inside all objectives', {}, 0],
  ['failed', { status: 'failed' }, 1],
  ['aborted', { status: 'aborted' }, 1],
  ['done, but the application is not healthy', { health: { healthy: false, status: 502, detail: 'bad gateway' } }, 1],
  ['done, but a change could not be taken back', { undoFailed: ['services'] }, 1],
  ['input refused', { status: 'rejected', error: 'InvalidInputError' }, 2],
  ['budget missed', { budgets: [{ name: 'downtime', unit: 'seconds', budget: 1, actual: 2, met: false }] }, 3],
  ['objective not judged', { objectives: { ...report.objectives, rpo: { ...report.objectives.rpo, met: null } } }, 3],
  ['no evidence for a good moment', { status: 'rejected', error: 'EvidenceMissingError' }, 4],
  ['more would be lost than allowed', { status: 'rejected', error: 'PredictedLossExceededError' }, 4],
  ['lease held', { status: 'rejected', error: 'LeaseHeldError' }, 5],
  ['denied', { status: 'denied' }, 5],
])('%s', (_, part, code) => {
  expect(exitCodeOf({ ...report, ...part })).toBe(code);
});

test('the help names every code', () => {
  expect(Object.values(exitCodes).map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 5, 6, 130]);
  for (const { code, means } of Object.values(exitCodes))
    expect(exitCodeHelp()).toMatch(new RegExp(`^ +${code} +${means.replace(/[()]/g, '\\$&')}$`, 'm'));
});
