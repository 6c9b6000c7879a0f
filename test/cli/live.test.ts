import { liveSink, painter, type Redraw } from '../../cli/live';
import { at, Buffer, events, ManualTimers, START, ZONE } from './fixtures';

class Screen implements Redraw {
  frames: string[] = [];
  ended = 0;
  draw(text: string): void {
    this.frames.push(text);
  }
  clear(): void {
    this.frames.push('');
  }
  done(): void {
    this.ended++;
  }
}

test('leaves a line for every finished step, redraws by the timer only, and fits one row below the terminal', () => {
  const out = new Buffer(true, 60, 10);
  const redraw = new Screen();
  const timers = new ManualTimers();
  const sink = liveSink({
    out,
    redraw,
    now: () => START + 24_000,
    every: timers.every,
    paint: (line) => line,
    zone: ZONE,
  });
  events.forEach((event) => {
    sink.event(event);
  });
  expect(redraw.frames.filter((frame) => frame !== '')).toHaveLength(0);
  timers.tick();
  timers.tick();
  expect(redraw.frames.filter((frame) => frame !== '')).toHaveLength(1);
  expect(redraw.frames.at(-1)?.split('\n').length).toBeLessThanOrEqual(9);
  expect(redraw.frames.at(-1)).toContain('log replay');
  const kept = out.text.trimEnd().split('\n');
  expect(kept).toHaveLength(9);
  expect(kept[0]).toBe('02:14:07 UTC DRILL drl-0031 done Find the hosts 0:01');
  sink.close();
  sink.close();
  expect(redraw.ended).toBe(1);
  expect(timers.actions).toHaveLength(0);
});

test('a failed step and a note stay above the frame', () => {
  const out = new Buffer(true);
  const sink = liveSink({
    out,
    redraw: new Screen(),
    now: () => START,
    every: () => () => undefined,
    paint: (line) => line,
  });
  events.forEach((event) => {
    sink.event(event);
  });
  sink.event({ type: 'note', at: at(24), text: 'the observer lost \u001b[2Jits connection' });
  sink.event({
    type: 'step-exited',
    at: at(25),
    id: 'database-recovery/Restore finished#1',
    status: 'failed',
    error: 'RestoreFailedError',
  });
  expect(out.text).toContain('DRILL drl-0031 note the observer lost its connection');
  expect(out.text).toContain('FAIL Restore finished');
});

test('paints state words and leaves the words as they are', () => {
  const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
  const paint = painter({ green: mark('g'), red: mark('r'), bold: mark('b'), yellow: mark('y') });
  expect(paint('done  decide')).toBe('<g>done</g>  decide');
  expect(paint('  FAIL  Restore')).toBe('  <r>FAIL</r>  Restore');
  expect(paint('DRILL · drill')).toBe('<b>DRILL</b> · drill');
  expect(paint('  next  done when')).toBe('  next  done when');
});
