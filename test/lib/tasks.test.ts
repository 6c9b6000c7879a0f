import { existsSync } from 'node:fs';
import { allTasks } from '../../contract/tasks';
import { entryOf } from '../../lambdas/build';
import { deployments } from '../../lib/tasks';

test('every task has a file that does it, a deployment and no twin', () => {
  const names = allTasks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(allTasks.filter((task) => !existsSync(entryOf(task))).map(({ name }) => name)).toEqual([]);
  expect(Object.keys(deployments).sort()).toEqual([...names].sort());
});
