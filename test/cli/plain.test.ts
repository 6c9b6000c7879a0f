import { plainSink } from '../../cli/plain';
import type { RunEvent } from '../../cli/events';
import { at, Buffer, events, ManualTimers, START, ZONE } from './fixtures';

function played(more: readonly RunEvent[] = []) {
  const out = new Buffer();
  const timers = new ManualTimers();
  let now = START;
  const sink = plainSink({ out, now: () => now, every: timers.every, zone: ZONE });
  for (const event of [...events, ...more]) sink.event(event);
  return {
    out,
    timers,
    sink,
    wait: (seconds: number) => {
      for (let passed = 0; passed < seconds; passed += 5) {
        now = Math.max(now, START + 20_000) + 5000;
        timers.tick();
      }
    },
  };
}

test('one line per event with its time in UTC, the word, environment and run, and no escape byte', () => {
  const { out } = played([
    {
      type: 'step-exited',
      at: at(25, 580),
      id: 'database-recovery/Restore finished#1',
      status: 'failed',
      error: 'Restore\u001b[31mFailed\nError',
    },
    { type: 'finished', at: at(26, 580), status: 'failed' },
  ]);
  const lines = out.text.trimEnd().split('\n');
  for (const line of lines) expect(line).toMatch(/^2026-11-23T\d\d:\d\d:\d\dZ DRILL drill drl-0031 /);
  expect(out.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(out.text).toMatchInlineSnapshot(`
   "2026-11-23T02:14:07Z DRILL drill drl-0031 started database-recovery by alarm in account interview-drills-drill (123456789012) us-east-1 objective 4h0m0s at 02:14:07 UTC (03:14:07 here)
   2026-11-23T02:14:07Z DRILL drill drl-0031 decide.find-the-hosts entered
   2026-11-23T02:14:07Z DRILL drill drl-0031 decide.find-the-hosts done 1s
   2026-11-23T02:14:08Z DRILL drill drl-0031 decide.inspect-the-source entered
   2026-11-23T02:14:08Z DRILL drill drl-0031 decide.inspect-the-source done 1s
   2026-11-23T02:14:09Z DRILL drill drl-0031 decide.choose-the-moment entered
   2026-11-23T02:14:09Z DRILL drill drl-0031 decide.choose-the-moment done 1s
   2026-11-23T02:14:10Z DRILL drill drl-0031 restore.suspend-auto-scaling entered
   2026-11-23T02:14:10Z DRILL drill drl-0031 restore.suspend-auto-scaling done 1s
   2026-11-23T02:14:11Z DRILL drill drl-0031 restore.show-the-maintenance-page entered
   2026-11-23T02:14:11Z DRILL drill drl-0031 restore.show-the-maintenance-page done 1s
   2026-11-23T02:14:12Z DRILL drill drl-0031 restore.stop-the-services entered
   2026-11-23T02:14:12Z DRILL drill drl-0031 restore.stop-the-services done 1s
   2026-11-23T02:14:13Z DRILL drill drl-0031 restore.fence-the-database entered
   2026-11-23T02:14:13Z DRILL drill drl-0031 restore.fence-the-database done 1s
   2026-11-23T02:14:14Z DRILL drill drl-0031 restore.restore-beside entered
   2026-11-23T02:14:14Z DRILL drill drl-0031 restore.restore-beside done 1s
   2026-11-23T02:14:15Z DRILL drill drl-0031 restore.restore-finished entered for="AWS: the restore of lifeboat-drill-drl-0031" normally=8m30s-11m10s deadline=1h0m0s then="the run fails and takes back what it changed" ends-it="nobody; stopping ends the drill" command="Ctrl-C"
   2026-11-23T02:14:27Z DRILL drill drl-0031 restore.restore-finished running 9m12s log replay 02:12:05Z of 02:13:40Z
   2026-11-23T02:14:32Z DRILL drill drl-0031 restore.restore-finished failed 9m37s RestoreFailed Error
   2026-11-23T02:14:33Z DRILL drill drl-0031 failed 10m6s
   "
  `);
});

test('while waiting a line comes at least every 30 seconds', () => {
  const { out, wait } = played();
  const before = out.text.split('\n').length;
  wait(90);
  const times = out.text
    .trimEnd()
    .split('\n')
    .slice(before - 2)
    .map((line) => Date.parse(line.slice(0, 20)));
  expect(times.length).toBeGreaterThanOrEqual(4);
  for (const [index, time] of times.slice(1).entries()) expect(time - (times[index] ?? 0)).toBeLessThanOrEqual(30_000);
  expect(out.text).toContain('restore.restore-finished running');
});

test('a closed sink has no timer left', () => {
  const { sink, timers } = played();
  sink.close();
  expect(timers.actions).toHaveLength(0);
});
