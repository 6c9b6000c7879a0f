import type { Report } from '../../contract/report';
import { levelOf, verdictOf, type VerdictLevel } from '../../report/verdict';
import { sampleReport } from './fixtures';

const report = sampleReport();
const { observation } = report;
if (!observation) throw new Error('the sample has an observer');
const rows = (part: Partial<typeof observation.rows>): Partial<Report> => ({
  observation: { ...observation, rows: { ...observation.rows, ...part } },
});
const check = (name: string, status: Report['checks'][number]['status']) => ({
  name,
  status,
  expected: '1',
  actual: '2',
  evidence: 'q',
});

test.each<[string, Partial<Report>, VerdictLevel, RegExp]>([
  ['all well', {}, 'passed', /^Interview Drills recovered in 23 min 2 s with 31 rows lost; objective 4 h\.$/],
  ['no row lost', rows({ lost: 0 }), 'passed', /with no row lost/],
  ['missing rows', rows({ missing: 1 }), 'missed', /^1 row that should be in the copy is missing; /],
  ['rows too many', rows({ extra: 2 }), 'missed', /^2 rows in the copy were never acknowledged; /],
  ['a failed check', { checks: [check('users: rows', 'failed')] }, 'missed', /^1 check failed \(users: rows\)/],
  [
    'a check that could not be made',
    { checks: [check('x', 'not-checkable')] },
    'unproved',
    /^1 check could not be made/,
  ],
  ['worst first', { checks: [check('x', 'not-checkable'), check('y', 'failed')] }, 'missed', /^1 check failed \(y\)/],
  ['not taken back', { undoFailed: ['services'] }, 'failed', /^1 change could not be taken back \(services\)/],
  ['aborted', { status: 'aborted', pointOfNoReturnPassed: false }, 'failed', /^Aborted; 7 changes made/],
  [
    'after the point of no return',
    { status: 'failed', pointOfNoReturnPassed: true },
    'failed',
    /after its point of no return: a person is needed/,
  ],
  [
    'refused',
    { status: 'rejected', error: 'LeaseHeldError' },
    'refused',
    /^Refused \(LeaseHeldError\), nothing was changed\.$/,
  ],
])('%s', (_, part, level, says) => {
  const changed = { ...report, ...part };
  expect(levelOf(changed)).toBe(level);
  expect(verdictOf(changed)).toMatch(says);
});
