import { handler } from '../../../lambdas/database/measure-record';
import { listChecks } from '../../../lambdas/run/journal';
import { measureOf } from '../../../lambdas/run/measures';
import { matching } from '../matchers';
import { eachInItsRun, measure } from './situation';

const run = eachInItsRun();
const now = measure('2026-11-23T02:13:40Z');

test('what was measured behind the fence is kept with the run, each moment for itself, and said', async () => {
  await expect(handler({ run: run(), moment: 'fenced', measure: now })).resolves.toEqual({ kept: true });
  expect(await measureOf(run().id, 'fenced')).toEqual(now);
  expect(await measureOf(run().id, 'opening')).toBeNull();
  expect(await listChecks(run().id)).toMatchObject([{ status: 'passed', actual: '10 in orders' }]);
});

test('what could not be measured fails nothing, and is said', async () => {
  await expect(handler({ run: run(), moment: 'opening', measure: null })).resolves.toEqual({ kept: false });
  expect(await measureOf(run().id, 'opening')).toBeNull();
  expect(await listChecks(run().id)).toMatchObject([{ status: 'not-checkable', actual: matching(/cannot count/) }]);
});
