import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { currentImage, neededToBuild, neededToRun } from '../sandbox/real-host';

/**
 * `npm test`: types, lint, unit and flow tests, stacks with cdk-nag, one drill end to end; with `-- --all` also what
 * starts real servers, and drills that end badly. Shows each part as it ends and closes with a line of its own, `N passed, N failed`, which counts every test and every part that is not made of tests.
 */
interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-test-'));
const bin = (name: string) => join(__dirname, '..', 'node_modules', '.bin', name);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a command; its output is shown when it fails. */
function run(
  name: string,
  command: string,
  args: readonly string[],
  skipping: readonly number[] = [],
): Promise<number> {
  return new Promise((resolve) => {
    const started = Date.now();
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0' },
    });
    const output: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('close', (code, signal) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(0);
      const failed = code !== 0;
      if (failed) say(Buffer.concat(output).toString());
      const ended = failed ? (skipping.includes(code ?? 1) ? 'SKIPPED' : 'FAILED') : 'passed';
      say(`${ended}  ${name}  (${seconds} s)${signal === null ? '' : `  ended by ${signal}`}`);
      resolve(code ?? 1);
    });
  });
}

async function part(name: string, command: string, args: readonly string[]): Promise<Outcome> {
  const code = await run(name, command, args);
  return code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

function countOf(result: unknown, key: string): number {
  if (typeof result !== 'object' || result === null) throw new Error('Jest wrote no result');
  const value: unknown = Object.entries(result).find(([name]) => name === key)?.[1];
  if (typeof value !== 'number') throw new Error(`Jest's result has no ${key}`);
  return value;
}

async function tests(name: string, args: readonly string[]): Promise<Outcome> {
  const file = join(folder, `${name.replace(/\W+/g, '-')}.json`);
  const code = await run(name, bin('jest'), ['--json', `--outputFile=${file}`, ...args]);
  const result: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const failed = countOf(result, 'numFailedTests') + countOf(result, 'numRuntimeErrorTestSuites');
  const skipped = countOf(result, 'numPendingTests');
  if (skipped > 0) say(`skipped  ${skipped} tests of "${name}": this machine lacks what they need, each says what`);
  // Jest can fail for a reason of its own (a handle left open, a coverage bound).
  return { passed: countOf(result, 'numPassedTests'), failed: failed === 0 && code !== 0 ? 1 : failed, skipped };
}

/** The main job of the project, as a person would start it. */
function drill(): Promise<Outcome> {
  return part('a drill end to end', process.execPath, [
    '--import',
    'tsx',
    join('bin', 'lifeboat.ts'),
    'drill',
    '--plain',
  ]);
}

/** The exit code of `npm run host:build` where this computer cannot make the image. */
const CANNOT_BUILD = 3;

/** Documents on a real Debian host, which is made first. Where that cannot be, its tests are skipped, and counted. */
async function realHost(): Promise<Outcome[]> {
  const image = currentImage();
  const needs = image.finished ? neededToRun() : neededToBuild();
  const built: Outcome[] = [];
  if (!image.finished && needs.length === 0) {
    const command = ['--import', 'tsx', join('sandbox', 'real-host', 'build-command.ts')];
    const code = await run('the image of a real host', process.execPath, command, [CANNOT_BUILD]);
    if (code === CANNOT_BUILD) needs.push('the image cannot be made here, see above');
    else built.push({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 });
  }
  const ran = await tests('documents on a real host', ['--selectProjects', 'host', '--maxWorkers=3']);
  if (ran.skipped > 0) say(`SKIPPED  ${ran.skipped}: ${needs.join('; ') || 'the image of a real host was not made'}`);
  return [...built, ran];
}

async function main(): Promise<void> {
  // What starts real servers, and drills that end badly, take longer than somebody waits for: asked for by name.
  const all = process.argv.includes('--all');
  const quick = await Promise.all([
    // A drill waits for one thing after the other: beside the tests it costs little.
    (async () => [
      await part('types', bin('tsc'), ['--noEmit']),
      await part('lint', bin('oxlint'), []),
      await part('rooms', bin('eslint'), ['.']),
      await part('format', bin('prettier'), ['--check', '.']),
      await drill(),
    ])(),
    (async () => [await tests('units and flows', ['--selectProjects', 'quick', '--maxWorkers=2'])])(),
  ]);
  const outcomes = quick.flat();
  if (all) {
    outcomes.push(await tests('real servers and hosts', ['--selectProjects', 'real', '--maxWorkers=2']));
    outcomes.push(await tests('drills that end badly', ['--selectProjects', 'drills', '--runInBand']));
    outcomes.push(...(await realHost()));
  } else {
    say('not run: what starts real servers and hosts, and drills that end badly (npm test -- --all)');
  }
  const sum = (key: keyof Outcome) => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  say(`${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`);
  process.exitCode = sum('failed') === 0 ? 0 : 1;
}

main()
  .catch((error: unknown) => {
    say(String(error instanceof Error ? error.stack : error));
    process.exitCode = 1;
  })
  .finally(() => {
    rmSync(folder, { recursive: true, force: true });
  });
