import { errorNames, errors, LifeboatError } from '../../contract/errors';
import { allTasks } from '../../contract/tasks';

test.each(Object.entries(errors))('%s carries its own name, its kind and its cause', (name, ErrorClass) => {
  const cause = new Error('why');
  const error = new ErrorClass('what', { cause });
  expect(error).toBeInstanceOf(LifeboatError);
  expect({ name: error.name, message: error.message, cause: error.cause }).toEqual({ name, message: 'what', cause });
  expect(errorNames(error.kind)).toContain(name);
});

test('every task throws errors that exist, each named once', () => {
  for (const task of allTasks) {
    expect(task.throws.filter((name) => !(name in errors))).toEqual([]);
    expect(new Set(task.throws).size).toBe(task.throws.length);
  }
});
