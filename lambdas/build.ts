import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { allTasks, type TaskContract } from '../contract/tasks';

const root = resolve(__dirname, '..');
/** Where the bundles lie: one folder a task, all of them one asset; a function's handler is `<task>/index.handler`. */
export const BUNDLES = join(root, 'dist', 'lambdas');

/** The file that does a task. The function of a change is named `change-<kind>`, its file `<kind>.ts`. */
export function entryOf({ capability, name }: TaskContract): string {
  const file = capability === 'changes' ? name.replace(/^change-/, '') : name;
  return join(root, 'lambdas', capability, `${file}.ts`);
}

export interface Bundle {
  readonly task: string;
  readonly bytes: number;
}

/**
 * Bundles every task by one call of esbuild: `dist/lambdas/<task>/index.js`, CommonJS, readable, names kept (an error is
 * caught by its class's name). The SDK comes with the runtime (NODEJS_24_X) and stays outside.
 * @returns what was written, by task. @throws Error naming the tasks that have no file.
 */
export function buildLambdas(outdir: string = BUNDLES): Bundle[] {
  const missing = allTasks.filter((task) => !existsSync(entryOf(task))).map(({ name }) => name);
  if (missing.length > 0) throw new Error(`no file does these tasks: ${missing.join(', ')}`);
  const { metafile, outputFiles } = buildSync({
    absWorkingDir: root,
    entryPoints: allTasks.map((task) => ({ in: entryOf(task), out: `${task.name}/index` })),
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    keepNames: true,
    external: ['@aws-sdk/*', '@smithy/*'],
    metafile: true,
    logLevel: 'warning',
    write: false,
  });
  keep(resolve(outdir), new Map(outputFiles.map(({ path, contents }) => [path, contents])));
  const sizes = Object.entries(metafile.outputs).map(([file, { bytes }]) => ({
    file: file.replaceAll('\\', '/'),
    bytes,
  }));
  return allTasks.map(({ name }) => ({
    task: name,
    bytes: sizes.find(({ file }) => file.endsWith(`/${name}/index.js`))?.bytes ?? 0,
  }));
}

/**
 * Leaves exactly these files in the folder. One that is as it should be is not touched, and any other takes its place at once:
 * several processes of one checkout build, and read, at the same time.
 */
function keep(outdir: string, files: ReadonlyMap<string, Uint8Array>): void {
  const folders = new Set([...files.keys()].map((file) => dirname(file)));
  mkdirSync(outdir, { recursive: true });
  for (const name of readdirSync(outdir)) {
    if (!folders.has(join(outdir, name))) rmSync(join(outdir, name), { recursive: true, force: true });
  }
  for (const [file, contents] of files) {
    if (existsSync(file) && readFileSync(file).equals(contents)) continue;
    mkdirSync(dirname(file), { recursive: true });
    const own = `${outdir}.${process.pid}`;
    writeFileSync(own, contents);
    renameSync(own, file);
  }
}

if (require.main === module) {
  const began = Date.now();
  const bundles = buildLambdas();
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1024)} KB`;
  for (const { task, bytes } of bundles) process.stdout.write(`${task.padEnd(32)} ${kilobytes(bytes).padStart(8)}\n`);
  const total = bundles.reduce((sum, { bytes }) => sum + bytes, 0);
  process.stdout.write(`${bundles.length} functions, ${kilobytes(total)}, ${Date.now() - began} ms\n`);
}
