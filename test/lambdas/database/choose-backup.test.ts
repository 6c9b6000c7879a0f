import { PredictedLossExceededError } from '../../../contract/errors';
import type { FoundBackup } from '../../../contract/documents';
import { requestSchema } from '../../../contract/run';
import { judgeBackup, wantedMoment } from '../../../lambdas/database/choose-backup';

const request = (more: object = {}) => requestSchema.parse({ plan: 'database-recovery', ...more });
const good = () => Promise.resolve('2026-11-23T02:13:40.750Z');
const never = () => Promise.reject(new Error('not to be asked'));
const objective = { rtoMinutes: 240, rpoMinutes: 15 };
const found: FoundBackup = {
  serverMajor: 15,
  present: true,
  databaseMegabytes: 1,
  backup: { file: 'db_a.sql.gz', format: 'plain', takenAt: '2026-11-23T02:00:00Z', bytes: 1, plainBytes: 2 },
  skipped: [{ file: 'db_b.sql.gz', because: 'it was cut off' }],
  neededMegabytes: 1,
  freeMegabytes: 2,
};
const judge = (more: object, now: string) => judgeBackup({ request: request(more), objective, found, now });

test.each([
  ['nothing', {}, { notAfter: '2026-11-23T02:13:40Z', only: '' }, good],
  ['a time', { restoreTime: '2026-11-23T04:00:00.9+02:00' }, { notAfter: '2026-11-23T02:00:00Z', only: '' }, never],
  ['the latest', { restoreTime: 'latest' }, { notAfter: '', only: '' }, never],
  ['a file', { source: { backup: 'db_a.dump' } }, { notAfter: '', only: 'db_a.dump' }, never],
])('where %s is asked for', async (_, more, wanted, evidence) => {
  await expect(wantedMoment(request(more), evidence)).resolves.toMatchObject(wanted);
});

test('a snapshot is refused by name: there are none', async () => {
  await expect(wantedMoment(request({ source: { snapshot: 'nightly' } }), never)).rejects.toMatchObject({
    name: 'RecoverySourceMissingError',
  });
});

test('a loss within the objective needs no decision, and what was skipped is said', () => {
  expect(judge({}, '2026-11-23T02:15:00Z')).toEqual({
    predictedLossSeconds: 900,
    alternatives: [{ choice: 'db_b.sql.gz', because: 'not sound: it was cut off' }],
  });
});

test.each([
  ['nobody decided', {}],
  ['the newest was asked for, which may be old', { restoreTime: 'latest' }],
  ['a time was named, and the backup is of long before it', { restoreTime: '2026-11-23T02:20:00Z' }],
])('more than the objective is refused where %s', (_, more) => {
  expect(() => judge(more, '2026-11-23T02:30:00Z')).toThrow(PredictedLossExceededError);
});

test.each([
  ['a person accepted it', { acceptLoss: true }],
  ['the backup was named', { source: { backup: 'db_a.sql.gz' } }],
  ['the time that was named is close to it', { restoreTime: '2026-11-23T02:10:00Z' }],
  ['it was detected before', { incident: { detected: '2026-11-23T02:05:00Z' } }],
])('it is taken where %s', (_, more) => {
  expect(judge(more, '2026-11-23T02:30:00Z').predictedLossSeconds).toBeGreaterThan(0);
});
