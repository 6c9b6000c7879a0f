import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const scratch = join(__dirname, '../../sandbox/scratch.ts');
const tmp = mkdtempSync(join(tmpdir(), 'scratch-test-'));
afterAll(() => {
  rmSync(tmp, { recursive: true, force: true });
});

/** A process of its own that makes folders below `tmp`, and how it ended. */
function made(program: string): string {
  const script = `const { scratchFolder, discard, keepFolder } = require(${JSON.stringify(scratch)});
    (async () => { const folder = scratchFolder('drill'); ${program} })();`;
  const { status, signal } = spawnSync(process.execPath, ['--import', 'tsx', '-e', script], {
    env: { ...process.env, TMPDIR: tmp },
  });
  return String(signal ?? status);
}

/** Without what tsx caches. */
const left = () => readdirSync(tmp).filter((name) => name.startsWith('lifeboat-'));

describe('a folder for the files of a drill', () => {
  it('goes with its process, also where that ends by an exception', () => {
    expect(made('setTimeout(() => { throw new Error("unforeseen") }, 10)')).toBe('1');
    expect(left()).toEqual([]);
  });

  it('of a killed process is removed by the next one; kept and foreign ones stay', () => {
    expect(made('process.kill(process.pid, "SIGKILL")')).toBe('SIGKILL');
    expect(left()).toHaveLength(1);
    mkdirSync(join(tmp, 'lifeboat-of-somebody'));
    mkdirSync(join(tmp, 'lifeboat-alive'));
    writeFileSync(join(tmp, 'lifeboat-alive', '.lifeboat-owner'), JSON.stringify({ pid: process.pid, born: null }));
    mkdirSync(join(tmp, 'lifeboat-drill-half.removed'));
    expect(made('keepFolder(folder)')).toBe('0');
    const names = left();
    expect(names).toHaveLength(3);
    expect(names).toEqual(expect.arrayContaining(['lifeboat-alive', 'lifeboat-of-somebody']));
    expect(names.every((name) => existsSync(join(tmp, name)))).toBe(true);
  });

  it('is removed when it is not wanted any more', () => {
    const before = left();
    expect(made('await discard(folder)')).toBe('0');
    expect(left()).toEqual(before);
  });
});
