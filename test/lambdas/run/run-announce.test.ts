import { emptyTables, startTables, stopTables } from '../tables';
import { description } from '../fixtures';
import { resetAws, sent } from './aws';
import { begin } from './front-door';
import { requestSchema, type RunRef } from '../../../contract/run';
import { requireRun } from '../../../lambdas/gateways/runs';
import { announcement, handler as announce } from '../../../lambdas/run/run-announce';

const runId = 'night-1';
const { title } = description;
let run: RunRef;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  run = await begin(runId);
});

const requestOf = async () => requestSchema.parse((await requireRun(runId)).request);

test('tells once that a run begins, where, and why', async () => {
  const request = { ...(await requestOf()), reason: 'rows are missing', restoreTime: 'latest' as const };
  await expect(announce({ run, request, title })).resolves.toEqual({ announced: true });
  await expect(announce({ run, request, title })).resolves.toEqual({ announced: false });
  expect(sent()).toHaveLength(1);
  expect(sent()[0]).toMatchObject({ Subject: '[REAL] begins: database-recovery of production' });
  for (const words of [
    'interview-drills-production (123456789012)',
    'us-east-1',
    'night-1',
    'rows are missing',
    'before the fence',
    'operator',
  ]) {
    expect(sent()[0]?.Message).toContain(words);
  }
});

test('says which goal was asked for', async () => {
  const request = await requestOf();
  const text = async (more: object) => announcement(await requireRun(runId), { ...request, ...more }, title).text;
  await expect(text({})).resolves.toContain('the last moment at which the integrity probe passed');
  await expect(text({ restoreTime: '2026-11-23T02:13:40Z' })).resolves.toContain(
    'restore the moment 2026-11-23T02:13:40Z',
  );
  await expect(text({ source: { snapshot: 'nightly' } })).resolves.toContain('the snapshot nightly');
});
