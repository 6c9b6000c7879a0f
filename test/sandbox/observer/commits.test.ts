import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { Ledger, type Place, UnattributedWritesError } from '../../../sandbox/observer';
import { attributeToOriginal, attributeToRecovered } from '../../../sandbox/observer/commits';
import { contentDigest } from '../../../sandbox/observer/subject';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-commits-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const content = { userId: 1, questionId: 1, score: 1, feedback: 'the write' };
let count = 0;

/** A server that has committed these transactions, microseconds by id, and holds these rows. */
function server(commits: Record<string, number>, rows: object[] = []): Place {
  const query = <T>(row: z.ZodType<T>, sql: string) => {
    const known = Object.entries(commits).map(([transaction, microseconds]) => ({ transaction, microseconds }));
    return Promise.resolve(z.array(row).parse(sql.includes('pg_xact_commit_timestamp') ? known : rows));
  };
  const admin = { query, one: () => Promise.reject(new Error()), execute: () => Promise.reject(new Error()) };
  return { cluster: { withAdmin: (_database, work) => work(admin) }, database: 'any' };
}

/** One write, sent at 1 s and answered 10 ms later, with transaction 700 and id 5. */
function ledgerOfOne(): Ledger {
  count += 1;
  const ledger = Ledger.create(join(folder, `${count}.jsonl`));
  ledger.sent(contentDigest(content), 1000);
  ledger.acknowledged(1, { id: 5, transaction: '700' }, 1010);
  return ledger;
}

const commitOf = (ledger: Ledger) => ledger.allAcknowledged()[0]?.commit;
const OWN = 1_005_000;
const row = { key: '5', ...content };

test('a commit within the time of the write is its own, with its microseconds', async () => {
  const ledger = ledgerOfOne();
  await attributeToOriginal(ledger, server({ 700: OWN }));
  expect(commitOf(ledger)).toEqual({ era: 'original', microseconds: OWN });
  // Restored with its history: still the original's.
  await attributeToRecovered(ledger, server({ 700: OWN }, [row]));
  expect(commitOf(ledger)).toEqual({ era: 'original', microseconds: OWN });
});

test('the same id in another time is another transaction', async () => {
  const ledger = ledgerOfOne();
  await attributeToOriginal(ledger, server({ 700: 900_000 }));
  expect(commitOf(ledger)).toBeUndefined();
  await attributeToRecovered(ledger, server({ 700: OWN }));
  expect(commitOf(ledger)).toEqual({ era: 'recovered', microseconds: OWN });
});

test('nobody having committed it is an error', async () => {
  const ledger = ledgerOfOne();
  await attributeToOriginal(ledger, server({}));
  await expect(attributeToRecovered(ledger, server({ 700: 5_000_000 }))).rejects.toThrow(UnattributedWritesError);
});

test('where both committed one of that id in that time, the row decides', async () => {
  const there = ledgerOfOne();
  await attributeToOriginal(there, server({ 700: OWN }));
  await attributeToRecovered(there, server({ 700: OWN + 900 }, [row]));
  expect(commitOf(there)).toEqual({ era: 'recovered', microseconds: OWN + 900 });
  for (const rows of [[], [{ ...row, feedback: 'of another write' }]]) {
    const notThere = ledgerOfOne();
    await attributeToOriginal(notThere, server({ 700: OWN }));
    await attributeToRecovered(notThere, server({ 700: OWN + 900 }, rows));
    expect(commitOf(notThere)).toEqual({ era: 'original', microseconds: OWN });
  }
});
