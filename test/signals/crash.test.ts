import { existsSync } from 'node:fs';
import { Drill } from '../../sandbox/drill/drill';
import { assembly, STACK } from '../drills/assembly';
import { Family } from './processes';

test('a drill that breaks in its midst leaves neither processes, nor ports, nor files', async () => {
  let folder = '';
  let sockets = 0;
  // The bundler's service belongs to the test and stays.
  const synthesized = assembly();
  const family = new Family(process.pid, 'no process bears this mark');
  const before = new Set(family.look().map(({ pid }) => pid));
  const drill = new Drill(
    {
      assembly: synthesized,
      stack: STACK,
      scenario: 'deleted-and-corrupted-rows',
      budgets: {},
      evaluations: 2000,
      input: { plan: 'database-recovery' },
      onEvent: () => undefined,
    },
    {
      ready: ({ world }) => {
        ({ folder } = world);
        sockets = family.lookForSockets();
        throw new RangeError('nobody foresaw this');
      },
    },
  );
  try {
    await expect(drill.run()).rejects.toThrow('nobody foresaw this');
    expect(existsSync(folder)).toBe(true);
    expect(sockets).toBeGreaterThan(5);
    expect(await drill.close()).toEqual([]);
    const left = family.left();
    expect(left.processes.filter(({ pid }) => !before.has(pid) && pid !== process.pid)).toEqual([]);
    expect(left.sockets).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  } finally {
    await drill.close();
    family.close();
  }
}, 120_000);
