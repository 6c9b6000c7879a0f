import { failure, FAILURE_LINES, summary } from '../../cli/summary';
import { sampleReport } from '../report/fixtures';

const files = { json: '/drills/drl-0031/report.json', html: '/drills/drl-0031/report.html' };

test('a drill that recovered: verdict first, every figure with target and result', () => {
  expect(`\n${summary(sampleReport(), files).join('\n')}\n`).toMatchInlineSnapshot(`
   "
   DRILL · drill (interview-drills-drill …9012) us-east-1 · database-recovery · drl-0031
   PASSED: Interview Drills recovered in 23 min 2 s with 31 rows lost; objective 4 h.

                    target  actual                                            result  last drill
   recovery time    4 h     23 min 2 s (52 s measured + 22 min 10 s skipped)  met     25 min 40 s
   data loss        15 min  25 s                                              met     41 s
   downtime         1 h     20 min 47 s (47 s measured + 20 min skipped)      met     23 min 28 s
   rows lost        60      31 of 414,116                                     met
   recovery budget  1 h     23 min 2 s                                        met
   requests failed          618 of 2,140

   checks   6 passed, 0 failed, 0 not checkable
   changes  7 made, 2 taken back, 1 kept
   report   /drills/drl-0031/report.html
            /drills/drl-0031/report.json
   "
  `);
});

test('the last lines of a failed run: step, cause, log, what changed, next command', () => {
  const report = sampleReport('failed');
  const lines = failure(
    { ...report, cause: 'restore.sh ended with 3\nline 1\nline 2\nline 3\nline 4\u001b[2J' },
    files,
  );
  expect(lines.length).toBeLessThanOrEqual(FAILURE_LINES);
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
   "
   DRILL drl-0031 FAILED at database-recovery › Settings in force
   cause      RestoreFailedError: restore.sh ended with 3
   log        line 2
   log        line 3
   log        line 4
   changed    5 made, 4 taken back
   in force   replacement (applied)
   kept       restored database instance lifeboat-drill-drl-0031 until 2026-12-07 02:14:24 UTC
   report     /drills/drl-0031/report.html
   next       lifeboat drill --plan database-recovery --keep    (the same again, and keep everything to look at)
   "
  `);
});

test('the last lines stay within twelve at their worst', () => {
  const report = { ...sampleReport('failed'), undoFailed: ['a', 'b', 'c', 'd', 'e', 'f'], cause: 'x\n'.repeat(50) };
  expect(failure(report, files).length).toBeLessThanOrEqual(FAILURE_LINES);
});
