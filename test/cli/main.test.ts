import { existsSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { main } from '../../cli/main';
import { UsageError } from '../../cli/usage';
import { reportSchema } from '../../contract/report';
import { FakeRunner, surroundings } from './fixtures';

const folder = () => mkdtempSync(join(tmpdir(), 'lifeboat-cli-'));

test('alone, it shows what is there and the next command', async () => {
  const { of, stdout } = surroundings(new FakeRunner());
  expect(await main([], of)).toBe(0);
  expect(stdout.text).toContain('database-recovery');
  expect(stdout.text).toContain('Next: lifeboat drill --plan database-recovery');
});

test('drill --list names plans and faults on standard output', async () => {
  const runner = new FakeRunner();
  const { of, stdout, stderr } = surroundings(runner);
  expect(await main(['drill', '--list'], of)).toBe(0);
  expect(stdout.text).toMatch(/^database-recovery +the database/);
  expect(stdout.text).toContain('  bad-migration');
  expect(stderr.text).toBe('');
  expect(runner.options).toEqual([]);
});

test('a drill without a terminal: progress on standard error, result on standard output, report in the file', async () => {
  const runner = new FakeRunner();
  const { of, stdout, stderr } = surroundings(runner);
  const file = join(folder(), 'report.json');
  const argv = [
    'drill',
    '--json',
    file,
    '--budget-rows',
    '60',
    '--budget-downtime',
    '3600',
    '--budget-time',
    '3600.5',
    '--keep',
    '--real-host',
  ];
  expect(await main(argv, of)).toBe(0);
  expect(runner.options).toEqual([
    {
      plan: 'database-recovery',
      fault: null,
      keep: true,
      realHost: true,
      budgets: { rowsLost: 60, downtimeSeconds: 3600, recoverySeconds: 3600.5 },
    },
  ]);
  expect(stderr.text).toContain('DRILL drill drl-0031 restore.restore-finished entered');
  expect(stdout.text).toContain('PASSED: Interview Drills recovered');
  expect(`${stdout.text}${stderr.text}`).not.toContain('\u001b');
  expect(reportSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).runId).toBe('drl-0031');
  expect(readdirSync(join(file, '..'))).toEqual(['report.json']);
});

test('a budget that is missed ends as 3', async () => {
  const { of, stdout } = surroundings(new FakeRunner());
  expect(await main(['drill', '--budget-rows', '0'], of)).toBe(3);
  expect(stdout.text).toContain('Rows lost 31 rows, budget 0 rows');
});

test('a failed run ends as 1 and its last lines say where, why, what changed and what next', async () => {
  const { of, stderr } = surroundings(new FakeRunner('failed'));
  expect(await main(['drill', '--plain'], of)).toBe(1);
  const last = stderr.text.trimEnd().split('\n').slice(-12).join('\n');
  expect(last).toContain('database-recovery › Settings in force');
  expect(last).toContain('incompatible-parameters');
  expect(last).toContain('4 taken back');
  expect(last).toContain('next       lifeboat drill --plan database-recovery');
});

test('Ctrl-C stops the drill, says what is left where, and ends as 130', async () => {
  const runner = new FakeRunner('never');
  const { of, stderr, interrupt } = surroundings(runner);
  const ended = main(['drill'], of);
  await new Promise((resolve) => setImmediate(resolve));
  interrupt();
  expect(await ended).toBe(130);
  expect(runner.stopped).toBe(true);
  expect(stderr.text).toContain(
    'nothing runs; left to the next drill to remove, since the disk is busy: /drills/drl-0031',
  );
});

test('what breaks before there is a report ends as 1 with its cause', async () => {
  const { of, stderr } = surroundings(new FakeRunner('throws'));
  expect(await main(['drill'], of)).toBe(1);
  expect(stderr.text).toContain('RangeError: no port is free');
});

test.each<[string, string[], RegExp]>([
  ['an unknown verb', ['dril'], /unknown command 'dril'|too many arguments/],
  ['an unknown option', ['drill', '--plans'], /unknown option '--plans'[\s\S]*--plan/],
  ['an unknown plan', ['drill', '--plan', 'database-recovry'], /Did you mean database-recovery\?/],
  ['an unknown fault', ['drill', '--fault', 'bad-migratoin'], /Did you mean bad-migration\?/],
  ['a budget that is no number', ['drill', '--budget-rows', 'few'], /number of rows, 0 or more/],
  ['a budget below nothing', ['drill', '--budget-time', '-1'], /number of seconds, 0 or more/],
  [
    'a folder that is not there',
    ['drill', '--json', '/nowhere/report.json'],
    /does not exist[\s\S]*Right: lifeboat drill --json/,
  ],
  ['an argument too many', ['drill', 'database-recovery'], /too many arguments/],
])('%s ends as 2 and starts nothing', async (_, argv, says) => {
  const runner = new FakeRunner();
  const { of, stdout, stderr } = surroundings(runner);
  expect(await main(argv, of)).toBe(2);
  expect(stderr.text).toMatch(says);
  expect(stderr.text).toContain('Nothing was started');
  expect(stdout.text).toBe('');
  expect(runner.options).toEqual([]);
  expect(existsSync('/nowhere')).toBe(false);
});

test.each([[['--help']], [['drill', '--help']]])('%j shows the exit codes on standard output', async (argv) => {
  const { of, stdout } = surroundings(new FakeRunner());
  expect(await main(argv, of)).toBe(0);
  expect(stdout.text).toMatch(/Exit codes:\n +0 +done/);
});

test('all plans are drilled, one that breaks keeps no other from it, and one table says what came of each', async () => {
  const runner = new FakeRunner('recovered', { 'application-rollback': 'throws', 'configuration-recovery': 'failed' });
  const { of, stdout, stderr } = surroundings(runner);
  const file = join(folder(), 'all.json');
  expect(await main(['drill', '--all', '--json', file], of)).toBe(1);
  expect(runner.options.map(({ plan }) => plan)).toEqual([
    'database-recovery',
    'application-rollback',
    'configuration-recovery',
  ]);
  const lines = stdout.text.split('\n');
  expect(lines.filter((line) => /^plan +result +recovery time/.test(line))).toHaveLength(1);
  expect(lines.find((line) => line.startsWith('database-recovery '))).toContain('PASSED');
  expect(lines.find((line) => line.startsWith('application-rollback '))).toContain('BROKE');
  expect(lines.find((line) => line.startsWith('configuration-recovery '))).toContain('FAILED');
  expect(stdout.text).toContain('application-rollback: RangeError: no port is free');
  expect(stdout.text).toContain('1 of 3 plans passed');
  expect(stderr.text).toContain('DRILL application-rollback BROKE');
  expect(runner.closed).toBe(3);
  const { runs } = z.object({ runs: z.array(reportSchema) }).parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(runs).toHaveLength(2);
});

test('all plans with one that misses a budget end as 3', async () => {
  const { of } = surroundings(new FakeRunner('recovered', { 'application-rollback': 'recovered' }));
  expect(await main(['drill', '--all'], of)).toBe(0);
  expect(await main(['drill', '--all', '--budget-rows', '0'], of)).toBe(3);
});

test('while all are drilled one sees where each of them is, and with --plain everything that it says', async () => {
  const short = surroundings(new FakeRunner());
  await main(['drill', '--all'], short.of);
  expect(short.stderr.text.match(/^DRILL database-recovery .*$/gm)).toEqual([
    'DRILL database-recovery begins',
    'DRILL database-recovery decide',
    'DRILL database-recovery restore',
    expect.stringMatching(/^DRILL database-recovery PASSED: .*1 of 1 done/),
  ]);
  const plain = surroundings(new FakeRunner());
  await main(['drill', '--all', '--plain'], plain.of);
  expect(plain.stderr.text).toContain('DRILL drill drl-0031 restore.restore-finished entered');
});

test('what keeps every drill from being begun is told once, and no further one is tried', async () => {
  const runner = new FakeRunner('recovered', {
    'application-rollback': 'recovered',
    'configuration-recovery': 'recovered',
  });
  runner.run = () => Promise.reject(new UsageError('there is no PostgreSQL: install it'));
  const { of, stdout, stderr } = surroundings(runner);
  expect(await main(['drill', '--all'], of)).toBe(2);
  expect(stderr.text).toContain('error: there is no PostgreSQL: install it');
  expect(stderr.text).not.toContain('configuration-recovery');
  expect(stdout.text).toBe('');
});

test('all and one exclude each other', async () => {
  const runner = new FakeRunner();
  const { of, stderr } = surroundings(runner);
  expect(await main(['drill', '--all', '--plan', 'database-recovery'], of)).toBe(2);
  expect(stderr.text).toContain('--plan: not together with --all');
  expect(runner.options).toEqual([]);
});
