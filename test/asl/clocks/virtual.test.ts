import fc from 'fast-check';
import { RealClock, VirtualClock } from '../../../asl';

describe('VirtualClock', () => {
  test('fires timers by due time, then by order of creation, each at its own time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ due: fc.integer({ min: 0, max: 20 }), background: fc.boolean() }), { maxLength: 12 }),
        async (timers) => {
          const clock = new VirtualClock({ byHand: true });
          const fired: { index: number; at: number }[] = [];
          timers.forEach(({ due, background }, index) => {
            clock.after(due, () => fired.push({ index, at: clock.elapsed() }), { background });
          });
          await clock.advance(20);
          const expected = timers
            .map(({ due }, index) => ({ index, at: due }))
            .sort((first, second) => first.at - second.at || first.index - second.index);
          expect(fired).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('work that never ends does not hold it up', async () => {
    const clock = new VirtualClock();
    void clock.work(
      async () =>
        await new Promise(() => {
          // never
        }),
    );
    await new Promise<void>((resolve) => {
      clock.after(86_400_000, resolve);
    });
    expect(clock.elapsed()).toBe(86_400_000);
  });

  test('its time of day is virtual and the same every run', async () => {
    const clock = new VirtualClock({ startAt: 1000, byHand: true });
    await clock.advance(500);
    expect(clock.now()).toEqual({ at: 1500, skipped: 0 });
  });

  test('by hand, nothing fires unless time is advanced, and after closing nothing at all', async () => {
    const clock = new VirtualClock({ byHand: true });
    const fired: string[] = [];
    clock.after(10, () => fired.push('first'));
    clock.after(20, () => fired.push('second')).cancel();
    clock.after(30, () => fired.push('third'));
    await clock.settle();
    expect(fired).toEqual([]);
    await clock.advance(25);
    expect(fired).toEqual(['first']);
    clock.close();
    clock.after(1, () => fired.push('fourth'));
    await clock.advance(100);
    expect(fired).toEqual(['first']);
  });
});

describe('RealClock', () => {
  test('sets no timeout longer than a real one can be, which Node would fire at once', () => {
    const clock = new RealClock();
    const set = jest.spyOn(globalThis, 'setTimeout');
    clock.after(2 ** 32, () => undefined);
    expect(set).toHaveBeenLastCalledWith(expect.any(Function), 2 ** 31 - 1);
    set.mockRestore();
    clock.close();
  });

  test('never skips, and fires in real time', async () => {
    const clock = new RealClock();
    const begin = performance.now();
    await clock.work(async () => {
      await new Promise<void>((resolve) => {
        clock.after(15, resolve);
      });
    });
    expect(performance.now() - begin).toBeGreaterThanOrEqual(14.5);
    expect(clock.now().skipped).toBe(0);
    clock.close();
    expect(clock.elapsed()).toBeGreaterThan(0);
  });
});
