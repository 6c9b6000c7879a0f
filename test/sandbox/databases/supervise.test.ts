import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { until } from '../../../sandbox/databases/wait';
import { describeEachSource, processesOf, type Source } from './machine';

const root = userInfo().uid === 0;
/** An ordinary user, without a home and other than the servers' account. */
const NOBODY = 65534;
const USERS = root ? [0, NOBODY] : [userInfo().uid];

describeEachSource('the process that uses clusters', (source) => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lifeboat-parent-'));
    await chmod(folder, 0o777); // the ordinary user writes here as well
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  test.each(USERS)('as user %d it archives and restores, and SIGKILL leaves no process within 2 s', async (uid) => {
    const parent = launch(folder, source, uid);
    const answer = z
      .object({ n: z.number(), uid: z.number(), pids: z.array(z.number()) })
      .parse(await firstLine(parent));
    expect(answer).toMatchObject({ n: 1, uid });
    await expect(processesOf(folder)).resolves.toEqual(expect.arrayContaining(answer.pids));

    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await until('all processes to end', 2, async () => ((await processesOf(folder)).length === 0 ? true : undefined));
    await expect(processesOf(folder)).resolves.toEqual([]);
  });
});

function launch(folder: string, source: Source, uid: number): ChildProcess {
  const script = resolve(__dirname, 'fixtures/parent.ts');
  return spawn(process.execPath, ['--import', 'tsx', script, folder, source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], TSX_DISABLE_CACHE: '1' },
    ...(root ? { uid, gid: uid } : {}),
  });
}

async function firstLine(parent: ChildProcess): Promise<unknown> {
  const lines = createInterface(z.custom<NodeJS.ReadableStream>().parse(parent.stdout));
  const line: unknown = await Promise.race([
    once(lines, 'line').then(([text]: unknown[]) => text),
    once(parent, 'exit').then(([code]: unknown[]) => Promise.reject(new Error(`ended with ${String(code)}`))),
  ]);
  return JSON.parse(z.string().parse(line));
}
