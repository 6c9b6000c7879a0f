import { type State } from '../../asl/definition';
import { errorNames, errors, UNDO_INCOMPLETE, WAIT_EXPIRED } from '../../contract/errors';
import { allTasks } from '../../contract/tasks';
import { machines, statesOf } from './flow';

/** What every function may throw (contract/tasks/task.ts). */
const common = [
  'ContractViolationError',
  'AccessDeniedError',
  'AwsRefusedError',
  'ThrottledError',
  'ServiceUnavailableError',
];
const services = /^(States|Lambda|Sandbox|StepFunctions|Iam)\./;

const handled = (state: State): readonly string[] =>
  state.type === 'Task' || state.type === 'Parallel' || state.type === 'Map'
    ? [...state.catch, ...state.retry].flatMap(({ errorEquals }) => errorEquals)
    : [];

const taskOf = (state: State): string => {
  const { arguments: given } = state.type === 'Task' ? state : { arguments: undefined };
  const entries = given?.kind === 'object' ? given.entries : [];
  const name = entries.find(([key]) => key === 'FunctionName')?.[1];
  return name?.kind === 'value' && typeof name.value === 'string' ? (name.value.split(':').at(-1) ?? '') : '';
};

const all = [...machines.keys()].flatMap((machine) => statesOf(machine).map((state) => ({ machine, state })));

test('every error that a Catch or a Retry names can be thrown there', () => {
  const handling = all.filter(({ state }) => handled(state).length > 0);
  const strangers = handling.flatMap(({ machine, state }) => {
    const thrown = allTasks.find(({ name }) => name === taskOf(state))?.throws ?? [];
    return handled(state)
      .filter((error) => !services.test(error) && ![...common, ...thrown].includes(error))
      .map((error) => `${machine}/${state.name}: ${error}`);
  });
  expect(strangers).toEqual([]);
  expect(handling.length).toBeGreaterThan(50);
});

test('every error that a task throws by its contract is a class of that name', () => {
  const thrown = new Set([...allTasks.flatMap((task) => task.throws), ...common]);
  const known = new Map(Object.entries(errors).map(([name, ErrorClass]) => [name, new ErrorClass('why').name]));
  expect([...thrown].filter((name) => known.get(name) !== name)).toEqual([]);
});

test('every error of the contract can come about', () => {
  const raised = all.flatMap(({ state }) =>
    state.type === 'Fail' && state.error?.kind === 'value' && typeof state.error.value === 'string'
      ? [state.error.value]
      : [],
  );
  const thrown = new Set<string>([...allTasks.flatMap((task) => task.throws), ...common, ...raised]);
  expect(Object.keys(errors).filter((name) => !thrown.has(name))).toEqual([]);
});

test('a Fail state ends by the error that was caught, or by a name of the contract', () => {
  const known = [...Object.keys(errors), WAIT_EXPIRED, UNDO_INCOMPLETE];
  const fails = all.flatMap(({ machine, state }) => (state.type === 'Fail' ? [{ machine, state }] : []));
  const ends = fails.map(({ machine, state: { name, error } }) => ({
    where: `${machine}/${name}`,
    error: error?.kind === 'expression' ? error.expression.text : error?.kind === 'value' ? error.value : undefined,
  }));
  const odd = ends.filter(({ error }) => {
    const text = typeof error === 'string' ? error : '';
    return !known.includes(text) && !['$failure.Error', '$states.input.Error'].includes(text.trim());
  });
  expect(odd).toEqual([]);
  expect(ends.length).toBeGreaterThan(20);
});

test('transient errors are those that are retried, and no others of ours', () => {
  const retried = new Set(
    all.flatMap(({ state }) => (state.type === 'Task' ? state.retry.flatMap(({ errorEquals }) => errorEquals) : [])),
  );
  expect([...retried].filter((name) => !services.test(name)).sort()).toEqual(errorNames('transient').sort());
});
