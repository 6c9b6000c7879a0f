import { emptyTables, startTables, stopTables } from '../tables';
import { containing } from '../matchers';
import { execution } from '../quiet';
import { resetAws } from './aws';
import { begin, claimFor } from './front-door';
import type { RunRef } from '../../../contract/run';
import { findRun } from '../../../lambdas/gateways/runs';
import { handler } from '../../../lambdas/run/run-verify';

const executionArn = execution('database-recovery', 'night-1');
let run: RunRef;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  run = await begin('night-1');
});

const refused = (words: string) => ({ name: 'LeaseLostError', message: containing(words) });

test('lets the plan that the front door started begin, and notes its execution', async () => {
  await expect(handler({ run, executionArn })).resolves.toEqual({ verified: true });
  await expect(handler({ run, executionArn })).resolves.toEqual({ verified: true });
  await expect(findRun('night-1')).resolves.toMatchObject({ planExecutionArns: [executionArn] });
});

test('refuses an execution that somebody started by hand', async () => {
  const other = execution('database-recovery', 'by-hand');
  await expect(handler({ run, executionArn: other })).rejects.toMatchObject(refused('is not the execution'));
});

test('refuses another token, another environment, another mode than recorded', async () => {
  await expect(handler({ run: { ...run, fencingToken: 2 }, executionArn })).rejects.toMatchObject(
    refused('token is 1'),
  );
  await expect(handler({ run: { ...run, environment: 'drill' }, executionArn })).rejects.toMatchObject(
    refused('drill'),
  );
  await expect(handler({ run: { ...run, mode: 'rehearse' }, executionArn })).rejects.toMatchObject(
    refused('recorded as database-recovery (live)'),
  );
});

test('refuses a run that is being settled', async () => {
  await claimFor('night-1');
  await expect(handler({ run, executionArn })).rejects.toMatchObject(refused('is being settled'));
});
