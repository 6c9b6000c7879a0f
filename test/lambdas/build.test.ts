import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allTasks } from '../../contract/tasks';
import { buildLambdas, entryOf } from '../../lambdas/build';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeboat-build-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('every task has its file', () => {
  expect(allTasks.filter((task) => !existsSync(entryOf(task))).map(({ name }) => name)).toEqual([]);
});

test('makes one bundle a task, without the SDK in it', () => {
  const bundles = buildLambdas(folder);
  expect(bundles.map(({ task }) => task)).toEqual(allTasks.map(({ name }) => name));
  for (const { task, bytes } of bundles) {
    const code = readFileSync(join(folder, task, 'index.js'), 'utf8');
    expect(code).toContain('handler: () => handler');
    expect(code).not.toContain('node_modules/@aws-sdk');
    // Far below what slows a cold start; the whole of zod by its default import alone was 738 KB (FACTS).
    expect(bytes).toBeLessThan(700_000);
    expect(bytes).toBeGreaterThan(1_000);
  }
});

test('built again it touches nothing that is as it should be: others read it meanwhile; what should not be there goes', () => {
  const [first, second] = allTasks.map(({ name }) => join(folder, name, 'index.js'));
  const inode = (file = '') => statSync(file).ino;
  const before = inode(first);
  writeFileSync(second ?? '', 'broken');
  mkdirSync(join(folder, 'gone'));
  buildLambdas(folder);
  expect(inode(first)).toBe(before);
  expect(readFileSync(second ?? '', 'utf8')).toContain('handler: () => handler');
  expect(readdirSync(folder).sort()).toEqual(allTasks.map(({ name }) => name).sort());
});

test('a task without a file is named', () => {
  expect(entryOf({ ...allTasks[0]!, name: 'change-nothing', capability: 'changes' })).toMatch(
    /lambdas\/changes\/nothing\.ts$/,
  );
});
