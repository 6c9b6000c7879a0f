import { Drill } from '../../sandbox/drill/drill';
import { damageDuringRestore, deletedAndCorruptedRows, type Scenario, type Struck } from '../../sandbox/scenarios';
import { assembly, STACK } from './assembly';
import { describeDrill } from './postgres';

jest.setTimeout(180_000);

/** Drills under an observer who writes all the time and counts what is lost. */
async function drilled(scenario: Scenario, input: Readonly<Record<string, unknown>>) {
  const drill = new Drill({
    assembly: assembly(),
    stack: STACK,
    scenario,
    budgets: {},
    evaluations: 2000,
    input: { plan: 'database-recovery', ...input },
    onEvent: () => undefined,
  });
  try {
    const report = await drill.run();
    const lines = drill.observer.entries();
    return { report, entries: lines, injected: drill.injected };
  } finally {
    await drill.close();
  }
}

/** Somebody damages the database, and goes on doing so while the restore replays. */
const twice: Scenario = {
  ...damageDuringRestore,
  inject: async (world) => {
    const first = await deletedAndCorruptedRows.inject(world);
    return { ...(await damageDuringRestore.inject(world)), at: first.at, what: first.what };
  },
};
/** Nothing is wrong: somebody moves the database with everything in it. */
const nothing: Scenario = {
  ...deletedAndCorruptedRows,
  name: 'nothing',
  inject: () => Promise.resolve({ at: new Date(), what: 'nothing' }),
};

describeDrill('what a run loses', () => {
  test('of more damage while the restore replays: nothing of it comes along, and only what came after the moment is lost', async () => {
    const { report, injected, entries } = await drilled(twice, {});
    const again: Struck | undefined = await injected?.struck;
    expect(again?.what).toMatch(/evaluations .* were deleted/);
    expect(report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    const { rows } = report.observation ?? { rows: undefined };
    expect(rows).toMatchObject({ missing: 0, extra: 0 });
    expect(rows?.present).toBe(rows?.expected);
    expect(rows?.lost).toBeGreaterThan(0);
    const moment = Date.parse(String(report.restore?.moment));
    const committedAfter = entries.filter(
      (entry) =>
        entry.outcome === 'acknowledged' &&
        entry.commit?.era === 'original' &&
        entry.commit.microseconds > moment * 1000,
    );
    expect(rows?.lost).toBe(committedAfter.length);
  });

  test('of "latest": not one acknowledged write', async () => {
    const { report, entries } = await drilled(nothing, { restoreTime: 'latest' });
    expect(report).toMatchObject({ status: 'succeeded', undoFailed: [], restore: { moment: 'latest' } });
    expect(report.observation?.rows).toMatchObject({ lost: 0, missing: 0, extra: 0 });
    expect(entries.length).toBeGreaterThan(100);
  });
});
