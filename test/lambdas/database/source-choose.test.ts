import { requestSchema } from '../../../contract/run';
import { handler as sourceChoose } from '../../../lambdas/database/source-choose';
import { listDecisions } from '../../../lambdas/run/journal';
import { settings } from '../changes/world';
import { eachInItsRun, probe } from './situation';

const run = eachInItsRun();

describe('source-choose', () => {
  // Read once: a test that takes its moments from a clock that goes on sees other moments when a second ends in it.
  const now = Math.floor(Date.now() / 1000) * 1000;
  const at = (minutes: number) => `${new Date(now - minutes * 60_000).toISOString().slice(0, 19)}Z`;
  const choose = (latest: string, request: Record<string, unknown> = {}) =>
    sourceChoose({
      run: run(),
      request: requestSchema.parse({ plan: 'database-recovery', ...request }),
      objective: { rtoMinutes: 240, rpoMinutes: 15 },
      current: {
        instanceIdentifier: 'orders',
        resourceId: 'db-orders',
        status: 'deleted',
        endpoint: null,
        settings,
        settingsFrom: 'instance',
      },
      sources: {
        pointInTime: [{ resourceId: 'db-orders', instanceIdentifier: 'orders', earliest: at(600), latest }],
        snapshots: [],
        copiedSnapshots: [],
      },
    });

  test('takes the last restorable pass, not a failed probe, and records the decision', async () => {
    await probe(at(9));
    await probe(at(7), 'orders', false);
    await probe(at(2));
    const chosen = await choose(at(5));
    expect(chosen).toMatchObject({ source: { kind: 'point-in-time', moment: at(9) }, baselineTakenAt: at(9) });
    expect(chosen.predictedLossSeconds).toBeGreaterThanOrEqual(540);
    const [decision] = await listDecisions(run().id);
    expect(decision).toMatchObject({ subject: 'recovery source' });
    expect(decision?.choice).toContain(at(9));
    expect(decision?.alternatives[0]?.choice).toContain(at(2));
  });

  test('asked for a moment, its baseline is the last pass not after it', async () => {
    await probe(at(60));
    await probe(at(30));
    expect(await choose(at(5), { restoreTime: at(40) })).toMatchObject({
      source: { moment: at(40) },
      baselineTakenAt: at(60),
    });
    expect(await choose(at(5), { restoreTime: at(90) })).toMatchObject({ baselineTakenAt: null });
    expect(await choose(at(5), { restoreTime: 'latest' })).toMatchObject({ baselineTakenAt: at(30) });
  });

  test('the baseline is a pass of the instance that is restored, and no other', async () => {
    await probe(at(60));
    await probe(at(45), 'another');
    expect(await choose(at(5), { restoreTime: at(40) })).toMatchObject({ baselineTakenAt: at(60) });
    expect(await choose(at(5), { restoreTime: 'latest' })).toMatchObject({ baselineTakenAt: at(60) });
  });

  test('passes at the fault or after it count neither for the moment nor for the baseline', async () => {
    await probe(at(14));
    await probe(at(9));
    const incident = { fault: at(10), detected: at(4) };
    expect(await choose(at(5), { incident })).toMatchObject({ source: { moment: at(14) }, baselineTakenAt: at(14) });
    const [decision] = await listDecisions(run().id);
    expect(decision?.reason).toContain(`goes back to ${at(14)}, 600 s before the detection at ${at(4)}`);
    expect(await choose(at(5), { incident, restoreTime: at(7) })).toMatchObject({ baselineTakenAt: at(14) });
  });

  test.each([
    ['EvidenceMissingError', null, {}],
    ['PredictedLossExceededError', 30, {}],
    ['RestoreTimeOutOfRangeError', 30, { restoreTime: '2000-01-01T00:00:00Z' }],
    ['RecoverySourceMissingError', 30, { source: { snapshot: 'none' } }],
  ])('%s records no decision', async (name, passed, request) => {
    if (passed !== null) await probe(at(passed));
    await expect(choose(at(5), request)).rejects.toMatchObject({ name });
    expect(await listDecisions(run().id)).toEqual([]);
  });
});
