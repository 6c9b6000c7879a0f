import fc from 'fast-check';
import { render } from '../../cli/progress';
import { at, events, now, run, viewOf, ZONE } from './fixtures';

const view = viewOf(events);

test('24 rows of 80: header, phases, steps of the phase under way, the wait with its seven things, footer', () => {
  expect(`\n${render(view, 80, 24, now, ZONE).join('\n')}\n`).toMatchInlineSnapshot(`
   "
   DRILL · drill (interview-drills-drill …9012) us-east-1 · database-recovery ·
       drl-0031 · started by alarm
   RTO 4:00:00 [----------] 9:54 used, 3:50:06 left, 9:30 of it skipped, expected
       end 02:27:07 UTC (03:27:07 here) or sooner
   done  decide       0:03
   RUN   restore      9:51  normally 8:30–11:10 (5 drills)
     done  Suspend Auto Scaling            0:01
     done  Show the maintenance page       0:01
     done  Stop the services               0:01
     done  Fence the database              0:01
     done  Restore beside                  0:01
     WAIT  Restore finished                9:26  log replay 02:12:05Z of 02:13:40Z
           for AWS: the restore of lifeboat-drill-drl-0031, since 02:14:15 UTC
             (03:14:15 here), normally 8:30–11:10
           until 1:00:00 (50:34 left), then the run fails and takes back what it
             changed
           ends it: nobody; stopping ends the drill, Ctrl-C
   next  validate, cut over, settle
   WAITS FOR YOU: nothing   Ctrl-C stops the drill
   "
  `);
});

test('10 rows of 60: what is done folds, the wait and the footer stay', () => {
  expect(`\n${render(view, 60, 10, now, ZONE).join('\n')}\n`).toMatchInlineSnapshot(`
   "
   DRILL · drill (interview-drills-drill …9012) us-east-1 · da…
   RTO 4:00:00 9:54 used, 3:50:06 left, 9:30 of it skipped, ex…
   done  decide       0:03
   RUN   restore      9:51  normally 8:30–11:10 (5 drills)
     WAIT  Restore finished                9:26  log replay 02…
           for AWS: the restore of lifeboat-drill-drl-0031, si…
           until 1:00:00 (50:34 left), then the run fails and …
           ends it: nobody; stopping ends the drill, Ctrl-C
   next  validate, cut over, settle
   WAITS FOR YOU: nothing   Ctrl-C stops the drill
   "
  `);
});

test('a terminal that tells 0 by 0 gets the frame of 80 by 24', () => {
  expect(render(view, 0, 0, now, ZONE)).toEqual(render(view, 80, 24, now, ZONE));
});

test('every frame fits, says DRILL and never holds an escape byte, whatever the size and the progress text', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      fc.string({ unit: 'binary' }),
      (width, height, text) => {
        const told = viewOf([
          ...events,
          { type: 'step-progress', at: now, id: 'database-recovery/Restore finished#1', text },
        ]);
        const frame = render(told, width, height, now, ZONE);
        expect(frame.length).toBeLessThanOrEqual(height);
        for (const line of frame) {
          expect(line.length).toBeLessThanOrEqual(width);
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
        if (width >= 5) expect(frame[0]).toMatch(/^DRIL/);
      },
    ),
  );
});

test('a real run says REAL, over its objective says OVER, and a wait for a person says who and how', () => {
  const real = viewOf([
    { type: 'started', at: at(0), run: { ...run, word: 'REAL', environment: 'production', target: 60 } },
    {
      type: 'step-entered',
      at: at(1),
      step: {
        id: 'x',
        machine: 'database-recovery',
        name: 'Approval',
        phase: 'cut over',
        kind: 'wait',
        wait: {
          what: 'a person: on-call or deputy',
          deadline: 600,
          then: 'nothing changes',
          who: 'on-call',
          command: 'lifeboat approve drl-0031',
          forPerson: true,
        },
      },
    },
  ]);
  const frame = render(real, 120, 24, at(100), ZONE).join('\n');
  expect(frame).toMatch(/^REAL · production/);
  expect(frame).toContain('0:39 OVER');
  expect(frame).toContain('WAITS FOR YOU: Approval, lifeboat approve drl-0031');
});

test('before the run has begun there is a frame too', () => {
  expect(render(viewOf([]), 80, 24, now)).toEqual(['waiting for the run to begin']);
});
