import { CompiledExpression } from '../../asl/expressions';
import { nestedFailure } from '../../statemachines/recovery';

/** What the front door makes of a plan that failed. */
const read = async (errorOutput: Record<string, string>): Promise<unknown> =>
  await new CompiledExpression(nestedFailure.body).evaluate(
    { variable: () => undefined, states: { errorOutput }, now: 0 },
    'Assign',
  );

const child = {
  ExecutionArn: 'arn:aws:states:us-east-1:123456789012:execution:plan:run',
  Input: JSON.stringify({ reason: 'x'.repeat(1000), note: '"Error":"Not.This"' }),
  Error: 'LeaseHeldError',
  Cause: 'another run holds it',
};

test('the error and the words of the child', async () => {
  expect(await read({ Error: 'States.TaskFailed', Cause: JSON.stringify(child) })).toEqual({
    Error: 'LeaseHeldError',
    Cause: 'another run holds it',
  });
});

test('of a description that AWS has cut, the name of the error where it is in there', async () => {
  const whole = JSON.stringify({ ...child, Output: 'y'.repeat(100) });
  const cut = whole.slice(0, whole.length - 20);
  expect(await read({ Error: 'States.TaskFailed', Cause: cut })).toEqual({ Error: 'LeaseHeldError', Cause: cut });
  const early = whole.slice(0, 200);
  expect(await read({ Error: 'States.TaskFailed', Cause: early })).toEqual({
    Error: 'States.TaskFailed',
    Cause: early,
  });
});

test('anything else as it is, with or without a cause', async () => {
  const words = { Error: 'States.Timeout', Cause: 'six hours' };
  expect(await read(words)).toEqual(words);
  expect(await read({ Error: 'States.TaskFailed' })).toEqual({
    Error: 'States.TaskFailed',
    Cause: 'no cause given',
  });
});
