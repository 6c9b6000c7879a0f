import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SkippingClock } from '../../../asl';
import {
  Ledger,
  NotServingError,
  Observer,
  type ObserverOptions,
  ObserverStoppedError,
} from '../../../sandbox/observer';
import { FakeApplication, Memory } from './application';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-observer-'));
let application: FakeApplication;
let clock: SkippingClock;
let observer: Observer | undefined;
let count = 0;

/** No database: what is asked of it stays open. */
const original = { cluster: { withAdmin: () => Promise.reject(new Error('no database')) }, database: 'none' };

beforeEach(async () => {
  application = await FakeApplication.open();
  clock = new SkippingClock();
});
afterEach(async () => {
  await observer?.close();
  observer = undefined;
  clock.close();
  await application.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const ledgerFile = () => join(folder, `${count}.jsonl`);

function make(options: Partial<ObserverOptions> = {}): Observer {
  count += 1;
  return new Observer({
    address: application.url,
    clock,
    ledgerFile: ledgerFile(),
    original,
    knownEvaluation: 1,
    users: [1, 2],
    questions: [1],
    probeMilliseconds: 20,
    writesPerSecond: 100,
    timeoutMilliseconds: 150,
    ...options,
  });
}

async function begin(options: Partial<ObserverOptions> = {}): Promise<Observer> {
  observer = make(options);
  await observer.start();
  return observer;
}

test('it begins only where the application serves', async () => {
  await expect(make({ knownEvaluation: 2 }).start()).rejects.toThrow(NotServingError);
  application.mode = 503;
  await expect(make().start()).rejects.toThrow(NotServingError);
  await application.close();
  await expect(make().start()).rejects.toThrow(NotServingError);
  await application.listen(0);
});

test('without a disaster nothing fails, and every acknowledged write is in the application and in the file', async () => {
  const memory = new Memory();
  application.store = memory;
  const seen = await begin();
  await seen.writing(20);
  await seen.serving(3);
  await seen.stop();
  expect(seen.failedRequests).toBe(0);
  expect(seen.heldBack).toBe(0);
  expect(seen.outages()).toEqual([]);
  expect(seen.downtime()).toEqual({ measuredSeconds: 0, skippedSeconds: 0 });
  const acknowledged = seen.acknowledged();
  expect(acknowledged.length).toBeGreaterThanOrEqual(20);
  expect(acknowledged.map(({ id }) => id).sort()).toEqual([...memory.rows.keys()].slice(1).sort());
  expect(new Set([...memory.rows.values()].map(({ feedback }) => feedback)).size).toBe(memory.rows.size);
  expect(Ledger.read(ledgerFile()).entries()).toEqual(seen.entries());
  const total = seen.totalRequests;
  await seen.settled();
  expect(seen.totalRequests).toBe(total);
  expect(seen.lastHealthy?.at).toBeGreaterThan(0);
});

test.each([
  ['the load balancer says 503', 503, '/api/health: 503'],
  ['the connection breaks', 'break', '/api/health: socket hang up'],
  ['there is no answer', 'hang', '/api/health: no answer within 150 ms'],
] as const)('an outage while %s has both its ends', async (_title, mode, because) => {
  const seen = await begin();
  await seen.writing(2);
  const failing = seen.failing(3);
  const from = Date.now();
  application.mode = mode;
  await failing;
  const served = seen.serving(2);
  const to = Date.now();
  application.mode = 'serve';
  const last = await served;
  await seen.stop();
  const outages = seen.outages();
  expect(outages).toMatchObject([{ open: false, because }]);
  // What was under way when it began belongs to it.
  expect(outages[0]!.from.at).toBeGreaterThanOrEqual(from - 50);
  expect(outages[0]!.to.at).toBeGreaterThanOrEqual(to);
  expect(outages[0]!.to.at).toBeLessThanOrEqual(last.ended.at);
  expect(seen.downtime().measuredSeconds).toBeCloseTo((outages[0]!.to.at - outages[0]!.from.at) / 1000, 6);
  expect(seen.failedRequests).toBeGreaterThanOrEqual(6);
  // Neither a 503 nor silence says that nothing was written.
  expect(seen.entries().filter(({ outcome }) => outcome === 'unknown').length).toBeGreaterThan(0);
  expect(seen.entries().every(({ outcome }) => outcome === 'acknowledged' || outcome === 'unknown')).toBe(true);
});

test('nobody listening is an outage, and one that is open at the end is counted to the end', async () => {
  const seen = await begin({ writesPerSecond: 0 });
  const { port } = application;
  await application.close();
  await seen.failing(2);
  await seen.stop();
  const [outage] = seen.outages();
  expect(outage).toMatchObject({ open: true });
  // The first request to fail may have been under way when it closed.
  expect(outage!.because).toMatch(/ECONN(REFUSED|RESET)/);
  expect(outage!.to.at).toBeGreaterThanOrEqual(seen.lastHealthy!.at);
  await application.listen(port);
});

test('an evaluation that reads otherwise than before is an outage', async () => {
  const memory = new Memory();
  application.store = memory;
  const seen = await begin();
  memory.rows.set(1, { ...memory.rows.get(1)!, score: 500 });
  const { failure } = await seen.failing(1);
  expect(failure).toBe('/api/evaluations/1: wrong content');
  memory.rows.delete(1);
  await seen.failing(2);
  await seen.stop();
  expect(seen.outages()).toHaveLength(1);
});

test('writes that are refused fail, are no outage, and are known not to be there', async () => {
  const memory = new Memory();
  application.store = {
    healthy: () => memory.healthy(),
    read: (id) => memory.read(id),
    write: (given) => (given.userId === 2 ? Promise.resolve(undefined) : memory.write(given)),
  };
  const seen = await begin({ probeMilliseconds: 1000 });
  await seen.writing(5);
  await seen.stop();
  const refused = seen.entries().filter(({ outcome }) => outcome === 'refused');
  expect(refused.length).toBeGreaterThanOrEqual(4);
  expect(seen.failedRequests).toBe(refused.length);
  expect(seen.outages()).toEqual([]);
});

test('never more requests are under way than allowed', async () => {
  const seen = await begin({ inFlight: 3, timeoutMilliseconds: 400 });
  let most = 0;
  application.mode = 'hang';
  await seen.failing(1);
  most = Math.max(most, application.hanging);
  await seen.failing(2);
  most = Math.max(most, application.hanging);
  application.mode = 'serve';
  await seen.serving(1);
  await seen.stop();
  expect(seen.heldBack).toBeGreaterThan(0);
  // Three writes and three probes of two requests each.
  expect(most).toBeLessThanOrEqual(9);
});

test('skipped time in an outage counts, and an outage that begins and ends in skipped time is seen', async () => {
  // No probe by the wall: all are by the clock.
  const seen = await begin({ probeMilliseconds: 60_000, writesPerSecond: 0, probeSeconds: 10 });
  await new Promise<void>((resolve) => {
    clock.after(100_000, () => (application.mode = 503));
    clock.after(400_000, () => (application.mode = 'serve'));
    clock.after(600_000, resolve);
  });
  await seen.stop();
  const downtime = seen.downtime();
  expect(seen.outages()).toHaveLength(1);
  expect(downtime.skippedSeconds + downtime.measuredSeconds).toBeGreaterThan(285);
  expect(downtime.skippedSeconds + downtime.measuredSeconds).toBeLessThan(315);
  // 59 or 60 by the clock, one at the start, one to begin with.
  expect(seen.totalRequests).toBeGreaterThanOrEqual(2 * 59);
});

test('who waits when it stops is told, and who gives up is let go', async () => {
  const seen = await begin();
  const controller = new AbortController();
  const given = seen.failing(1, controller.signal);
  controller.abort();
  await expect(given).rejects.toMatchObject({ name: 'AbortError' });
  const waiting = seen.failing(1);
  const refused = expect(waiting).rejects.toThrow(ObserverStoppedError);
  await seen.stop();
  await refused;
  await expect(seen.serving(1)).rejects.toThrow(ObserverStoppedError);
});
