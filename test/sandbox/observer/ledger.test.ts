import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger, LedgerError } from '../../../sandbox/observer';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-ledger-'));
const file = join(folder, 'ledger.jsonl');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('the file says what memory does, a line a fact, and only grows', () => {
  const ledger = Ledger.create(file);
  const [first, second, third, fourth] = ['a', 'b', 'c', 'd'].map((digest, index) => ledger.sent(digest, index));
  expect([first, second, third, fourth]).toEqual([1, 2, 3, 4]);
  const before = readFileSync(file, 'utf8');
  ledger.acknowledged(1, { id: 7, transaction: '700' }, 10);
  ledger.refused(2, '400', 11);
  ledger.unknown(3, 'no answer', 12);
  ledger.committed(1, { era: 'original', microseconds: 9_000 });
  ledger.close();
  expect(readFileSync(file, 'utf8').startsWith(before)).toBe(true);
  expect(Ledger.read(file).entries()).toEqual(ledger.entries());
  expect(ledger.entries().map(({ outcome }) => outcome)).toEqual(['acknowledged', 'refused', 'unknown', 'under way']);
  expect(ledger.allAcknowledged()).toEqual([
    {
      sequence: 1,
      digest: 'a',
      sentAt: 0,
      outcome: 'acknowledged',
      id: 7,
      transaction: '700',
      acknowledgedAt: 10,
      commit: { era: 'original', microseconds: 9_000 },
    },
  ]);
});

test('no ledger is written over, and none that contradicts itself is read', () => {
  expect(() => Ledger.create(file)).toThrow('EEXIST');
  appendFileSync(file, '{"kind":"acknowledged","sequence":2,"id":8,"transaction":"1","at":20}\n');
  expect(() => Ledger.read(file)).toThrow(LedgerError);
});
