import { SkippingClock } from '../../../asl';

const turn = async (): Promise<void> => {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
};

describe('SkippingClock', () => {
  let clock: SkippingClock;
  beforeEach(() => {
    clock = new SkippingClock();
  });
  afterEach(() => {
    clock.close();
  });

  const fired = async (milliseconds: number): Promise<void> => {
    await new Promise<void>((resolve) => {
      clock.after(milliseconds, resolve);
    });
  };

  test('skips hours of waiting, keeps the time of day real, and says what it skipped', async () => {
    const begin = Date.now();
    await fired(3 * 3600 * 1000);
    expect(Date.now() - begin).toBeLessThan(1000);
    expect(clock.now().at).toBeLessThanOrEqual(Date.now());
    expect(clock.now().at).toBeGreaterThanOrEqual(begin);
    expect(clock.now().skipped).toBeGreaterThan(10799);
    expect(clock.elapsed()).toBeGreaterThanOrEqual(3 * 3600 * 1000);
  });

  test('skips nothing while work is under way, and a timer then fires in real time', async () => {
    let finish: () => void = () => undefined;
    const work = clock.work(async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    let late = false;
    clock.after(60_000, () => {
      late = true;
    });
    await fired(20);
    expect(clock.now().skipped).toBe(0);
    expect(late).toBe(false);
    expect(clock.working).toBe(1);
    finish();
    await work;
    await fired(60_000);
    expect(late).toBe(true);
  });

  test('lets what follows the end of work begin its own before it jumps', async () => {
    let jumped = false;
    clock.after(60_000, () => {
      jumped = true;
    });
    await clock.work(turn);
    await turn();
    await turn();
    await clock.work(async () => {
      await turn();
      expect(jumped).toBe(false);
    });
  });

  test('counts work that fails as ended', async () => {
    await expect(clock.work(async () => await Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(clock.working).toBe(0);
    await fired(60_000);
    expect(clock.now().skipped).toBeGreaterThan(59);
  });

  test('a background timer never makes it skip, and fires in order on the way to one that does', async () => {
    const order: string[] = [];
    clock.after(5_000, () => order.push('background 5'), { background: true });
    clock.after(15_000, () => order.push('background 15'), { background: true });
    for (let count = 0; count < 30; count += 1) await turn();
    expect(order).toEqual([]);
    await fired(10_000);
    expect(order).toEqual(['background 5']);
    expect(clock.jumps()).toHaveLength(2);
  });

  test('waits for the work that a background timer starts before it goes on', async () => {
    let checked = false;
    clock.after(
      5_000,
      () => {
        void clock.work(async () => {
          await new Promise<void>((resolve) => {
            setTimeout(resolve, 10);
          });
          checked = true;
        });
      },
      { background: true },
    );
    await fired(10_000);
    expect(checked).toBe(true);
  });

  test('keeps the process alive for a foreground timer, and for nothing else', async () => {
    const alive = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout' || resource === 'Immediate').length;
    const before = alive();
    clock.after(60_000, () => undefined, { background: true });
    expect(alive()).toBe(before);
    const timer = clock.after(60_000, () => undefined);
    expect(alive()).toBeGreaterThan(before);
    timer.cancel();
    await turn();
    // Jest's own may have ended meanwhile.
    expect(alive()).toBeLessThanOrEqual(before);
  });

  test('a cancelled timer neither fires nor makes it skip', async () => {
    let hit = false;
    const timer = clock.after(60_000, () => {
      hit = true;
    });
    timer.cancel();
    timer.cancel();
    for (let count = 0; count < 30; count += 1) await turn();
    expect(hit).toBe(false);
    expect(clock.now().skipped).toBe(0);
  });

  test('the ledger tells the skipped seconds between two real times', async () => {
    const before = Date.now() - 1;
    await fired(30_000);
    await fired(60_000);
    const jumps = clock.jumps();
    expect(jumps.map((jump) => Math.round(jump.seconds))).toEqual([30, 60]);
    expect(clock.skippedAt(before)).toBe(0);
    expect(clock.skippedAt(Date.now())).toBe(clock.now().skipped);
    expect(clock.skippedAt(jumps[0]!.at)).toBeGreaterThan(29);
  });

  test('fires nothing after it is closed', async () => {
    let hit = false;
    clock.after(10, () => {
      hit = true;
    });
    clock.close();
    clock.after(10, () => {
      hit = true;
    });
    for (let count = 0; count < 30; count += 1) await turn();
    expect(hit).toBe(false);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %p milliseconds', (milliseconds) => {
    expect(() => clock.after(milliseconds, () => undefined)).toThrow(RangeError);
  });

  test('takes waits longer than a real timeout can be', async () => {
    await fired(99_999_999_000);
    expect(clock.now().skipped).toBeGreaterThan(99_999_990);
  });
});
