import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import * as z from 'zod';

const root = join(__dirname, '..', '..');

function lint(pairs: readonly { file: string; imports: string }[]): string[] {
  const said = execFileSync(process.execPath, [join(__dirname, 'forbidden.mjs'), JSON.stringify(pairs)], {
    cwd: root,
    encoding: 'utf8',
  });
  return z.array(z.string()).parse(JSON.parse(said));
}

/** Each closes a door of the table in docs/architecture.md that somebody may want to go through one day. */
const forbidden = [
  { file: 'contract/new.ts', imports: '../lambdas/run/journal' },
  { file: 'report/new.ts', imports: '../config/schema' },
  { file: 'asl/new.ts', imports: '../contract/run' },
  { file: 'lambdas/gateways/new.ts', imports: '../run/journal' },
  { file: 'lambdas/runtime/new.ts', imports: '../gateways/rds' },
  { file: 'lambdas/run/new.ts', imports: '../changes/define' },
  { file: 'lambdas/database/new.ts', imports: '../integrity/judge' },
  { file: 'lambdas/database/new.ts', imports: '../../lib/storage' },
  { file: 'statemachines/new.ts', imports: '../lib/storage' },
  { file: 'statemachines/new.ts', imports: '../config/interview-drills' },
  { file: 'lib/new.ts', imports: '../lambdas/run/journal' },
  { file: 'sandbox/new.ts', imports: '../lambdas/run/journal' },
  { file: 'sandbox/new.ts', imports: '../config/interview-drills' },
  { file: 'cli/new.ts', imports: '../lib/storage' },
  { file: 'bin/new.ts', imports: '../sandbox/drill/drill' },
  { file: 'lambdas/run/new.ts', imports: '@aws-sdk/client-rds' },
  { file: 'contract/new.ts', imports: '@aws-sdk/client-rds' },
  { file: 'sandbox/new.ts', imports: 'aws-cdk-lib' },
];

const allowed = [
  { file: 'contract/new.ts', imports: '../config/schema' },
  { file: 'lambdas/gateways/new.ts', imports: '@aws-sdk/client-rds' },
  { file: 'lambdas/run/new.ts', imports: '../gateways/runs' },
  { file: 'lib/new.ts', imports: '../statemachines/recovery' },
  { file: 'sandbox/new.ts', imports: '../asl' },
  { file: 'cli/new.ts', imports: '../sandbox/drill/drill' },
];

test('a forbidden import is reported, an allowed one is not', () => {
  const reported = lint([...forbidden, ...allowed]);
  const open = forbidden
    .filter((_, at) => reported[at] === '')
    .map(({ file, imports }) => `${file} may import ${imports}`);
  const closed = allowed
    .filter((_, at) => reported[forbidden.length + at] !== '')
    .map(({ file, imports }) => `${file} may not import ${imports}`);
  expect([...open, ...closed]).toEqual([]);
});
