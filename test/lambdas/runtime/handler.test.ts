import './to-console';
import * as z from 'zod';
import { containing, some } from '../matchers';
import { task } from '../../../contract/tasks/task';
import { AwsRefusedError } from '../../../contract/errors';
import { handler } from '../../../lambdas/runtime/handler';

const contract = task({
  name: 'count-rows',
  capability: 'run',
  does: 'Counts.',
  arguments: z.strictObject({ runId: z.string(), rows: z.number().default(1) }),
  result: z.strictObject({ rows: z.number() }),
  throws: [],
  timeoutSeconds: 1,
});

const lines: Record<string, unknown>[] = [];
const keep = (line: unknown) => {
  const parsed: unknown = JSON.parse(String(line));
  if (typeof parsed === 'object' && parsed !== null) lines.push(Object.fromEntries(Object.entries(parsed)));
};

beforeAll(() => {
  process.env['LIFEBOAT_ENVIRONMENT'] = 'drill';
  jest.spyOn(console, 'log').mockImplementation(keep);
  jest.spyOn(console, 'info').mockImplementation(keep);
  jest.spyOn(console, 'warn').mockImplementation(keep);
  jest.spyOn(console, 'error').mockImplementation(keep);
});
beforeEach(() => {
  lines.length = 0;
});

test('hands parsed arguments to the work and gives its parsed result', async () => {
  const run = handler(contract, ({ rows }) => Promise.resolve({ rows: rows + 1 }));
  await expect(run({ runId: 'night-1' })).resolves.toEqual({ rows: 2 });
});

test('refuses arguments by their path, and does no work', async () => {
  const work = jest.fn();
  await expect(handler(contract, work)({ runId: 7 })).rejects.toMatchObject({
    name: 'ContractViolationError',
    message: containing('the arguments of count-rows broke the contract: runId'),
  });
  expect(work).not.toHaveBeenCalled();
});

test("refuses a result that is not the contract's", async () => {
  const wrong: unknown = JSON.parse('{"rows":"many"}');
  const run = handler(contract, () => Promise.resolve(z.any().parse(wrong)));
  await expect(run({ runId: 'night-1' })).rejects.toMatchObject({
    name: 'ContractViolationError',
    message: containing('the result of count-rows broke the contract: rows'),
  });
});

test('lets an error go on unchanged and logs its causes', async () => {
  const error = new AwsRefusedError('rds said no', { cause: new TypeError('the reason') });
  await expect(handler(contract, () => Promise.reject(error))({ runId: 'night-1' })).rejects.toBe(error);
  expect(lines.find((line) => line['message'] === 'failed')?.['error']).toEqual([
    'AwsRefusedError: rds said no',
    'TypeError: the reason',
  ]);
});

test('every line has task, run, environment and plan', async () => {
  const of = task({ ...contract, arguments: z.object({ run: z.unknown() }) });
  const run = handler(of, (_args, { log }) => {
    log.info('counted');
    return Promise.resolve({ rows: 1 });
  });
  await run({ run: { id: 'night-2', plan: 'database-recovery', environment: 'production' } });
  const logged = lines.filter((line) => 'level' in line);
  expect(logged.map((line) => line['message'])).toEqual(['begins', 'counted', 'done']);
  for (const line of logged) {
    expect(line).toMatchObject({
      task: 'count-rows',
      runId: 'night-2',
      environment: 'production',
      plan: 'database-recovery',
    });
  }
});

test('puts duration and failure as metrics of the namespace', async () => {
  await handler(contract, () => Promise.resolve({ rows: 1 }))({ runId: 'night-1' });
  await expect(handler(contract, () => Promise.reject(new Error('no')))({ runId: 'night-1' })).rejects.toThrow('no');
  const metrics = lines.filter((line) => '_aws' in line);
  expect(metrics.map((line) => line['TaskFailed'])).toEqual([0, 1]);
  expect(metrics[0]).toMatchObject({
    task: 'count-rows',
    environment: 'drill',
    TaskMilliseconds: some(Number),
    _aws: { CloudWatchMetrics: [{ Namespace: 'Lifeboat' }] },
  });
});
