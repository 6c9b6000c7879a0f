import '../quiet';
import { containing, thrown } from '../matchers';
import { environmentVariables, type EnvironmentVariable } from '../../../contract/environment';
import { environment } from '../../../lambdas/runtime/environment';

afterEach(() => {
  process.env['LIFEBOAT_RUNS_TABLE'] = 'runs';
});

test('reads the variable', () => {
  expect(environment('runsTable')).toBe('runs');
});

test.each([undefined, ''])('names a variable that is %j', (value) => {
  if (value === undefined) delete process.env['LIFEBOAT_RUNS_TABLE'];
  else process.env['LIFEBOAT_RUNS_TABLE'] = value;
  expect(thrown(() => environment('runsTable'))).toMatchObject({
    name: 'ContractViolationError',
    message: containing('LIFEBOAT_RUNS_TABLE'),
  });
});

test('every variable has a name of its own', () => {
  const names: Record<EnvironmentVariable, string> = environmentVariables;
  expect(new Set(Object.values(names)).size).toBe(Object.keys(names).length);
});
