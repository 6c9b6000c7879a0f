import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { buildImage, currentImage, neededToBuild, neededToRun, RealHostUnavailable } from '../sandbox/real-host';

/**
 * `npm run test:host [-- --write]`: documents on a real Debian host. Makes its image where there is none yet, runs the
 * jest project `host`, and prints each case with its seconds; with `--write` also into docs/real-host.md.
 */
const root = join(__dirname, '..');
const page = join(root, 'docs', 'real-host.md');
/** A machine waits often enough for four to share two processors. */
const AT_ONCE = 4;
const [begin, end] = ['<!-- cases: begin (npm run test:host -- --write) -->', '<!-- cases: end -->'];

const results = z.object({
  success: z.boolean(),
  numPendingTests: z.number(),
  testResults: z.array(
    z.object({
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          duration: z.number().nullish(),
        }),
      ),
    }),
  ),
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function jest(file: string, more: readonly string[]): Promise<number> {
  const program = join(root, 'node_modules', '.bin', 'jest');
  const args = ['--selectProjects', 'host', `--maxWorkers=${AT_ONCE}`, '--json', `--outputFile=${file}`, ...more];
  const child = spawn(program, args, { stdio: ['inherit', 'ignore', 'inherit'], cwd: root });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

function table(
  found: z.infer<typeof results>,
  built: Readonly<Record<string, number>>,
  elapsed: { readonly image: number; readonly cases: number },
): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const cases = found.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .map(({ ancestorTitles, title, status, duration }) => {
      const seconds = typeof duration === 'number' ? (duration / 1000).toFixed(1) : '';
      return [ancestorTitles[0] ?? '', title.replaceAll('|', '\\|'), status, seconds];
    })
    .sort(([one = ''], [other = '']) => one.localeCompare(other));
  const parts = Object.entries(built).map(([name, seconds]) => ['image', name, 'built', seconds.toFixed(1)]);
  const seconds = cases.map((cells) => Number(cells[3])).sort((one, other) => one - other);
  const last = [
    [
      '',
      `${cases.length} cases, ${AT_ONCE} files at a time; the median`,
      '',
      (seconds[seconds.length >> 1] ?? 0).toFixed(1),
    ],
    ['', 'all cases', '', elapsed.cases.toFixed(0)],
    ['', 'all, with the image from nothing', '', (elapsed.image + elapsed.cases).toFixed(0)],
  ];
  return [
    row(['of', 'case', 'ended', 'seconds']),
    row(['---', '---', '---', '---:']),
    ...[...parts, ...cases, ...last].map(row),
  ].join('\n');
}

async function main(): Promise<void> {
  const [flags, more] = [new Set(['--write']), process.argv.slice(2)];
  const start = Date.now();
  const needs = currentImage().finished ? neededToRun() : neededToBuild();
  if (needs.length === 0) {
    await buildImage((text) => {
      say(`${((Date.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}`);
    }).catch((error: unknown) => {
      if (!(error instanceof RealHostUnavailable)) throw error;
      needs.push(error.message);
    });
  }
  const began = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-test-'));
  try {
    const file = join(folder, 'host.json');
    const code = await jest(
      file,
      more.filter((word) => !flags.has(word)),
    );
    const found = results.parse(JSON.parse(readFileSync(file, 'utf8')));
    const built = needs.length === 0 ? currentImage().describe().seconds : {};
    const image = Object.values(built).reduce((sum, one) => sum + one, 0);
    const written = table(found, built, { image, cases: (Date.now() - began) / 1000 });
    say(written);
    if (found.numPendingTests > 0) say(`SKIPPED ${found.numPendingTests}: ${needs.join('; ')}`);
    if (more.includes('--write') && code === 0 && found.numPendingTests === 0) {
      const text = readFileSync(page, 'utf8');
      const [before, after] = [text.split(begin)[0], text.split(end)[1]];
      if (before === undefined || after === undefined) throw new Error(`${page} has lost the marks of its table`);
      writeFileSync(page, `${before}${begin}\n\n${written}\n\n${end}${after}`);
    }
    process.exitCode = code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
