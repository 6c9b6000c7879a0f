import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rounds } from './signals/moments';
import { faultsOf, filesOf, play, startDrill } from './signals/round';

/**
 * `npm run test:signals [-- <moments>]`: SIGINT and SIGKILL at ten random moments each. After 5 s no process of the drill is alive and
 * no port of it is open; after SIGINT nothing lies about, after SIGKILL the next drill removes what does. About a quarter
 * of an hour.
 */
function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(moments: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-signals-'));
  // As the system's own: the servers of root run under another account, which removes its own folders there.
  chmodSync(folder, 0o1777);
  let failed = 0;
  try {
    for (const round of rounds(moments)) {
      const seen = await play(round, folder);
      const faults = faultsOf(round, seen);
      failed += faults.length === 0 ? 0 : 1;
      const { signal, target, moment } = round;
      const gone = seen.gone === null ? 'NOT GONE' : `gone after ${seen.gone} ms`;
      say(
        `${faults.length === 0 ? 'passed' : 'FAILED'}  ${signal} to ${target} in ${moment.name} at ${(seen.after / 1000).toFixed(1)} s: ${gone}, exit ${seen.code}, ${seen.seen} processes seen, ${seen.sockets} ports, ${seen.leftFiles.length} folders left  [${seen.at.slice(-90)}]`,
      );
      for (const fault of faults) say(`        ${fault}`);
      if (faults.length > 0) say(seen.said.split('\n').slice(-12).join('\n'));
    }
    const { child, family, said } = startDrill(folder);
    const code = String((await once(child, 'exit'))[0]);
    family.close();
    const left = filesOf(folder);
    const fine = code === '0' && left.length === 0;
    failed += fine ? 0 : 1;
    say(`${fine ? 'passed' : 'FAILED'}  the next drill: exit ${code}, left: ${left.join(', ') || 'nothing'}`);
    if (!fine) say(said().split('\n').slice(-30).join('\n'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  say(`${failed === 0 ? 'passed' : 'FAILED'}  ${failed} of ${moments * 2 + 1} with faults`);
  return failed === 0 ? 0 : 1;
}

void main(Number(process.argv[2] ?? 10)).then((code) => {
  process.exitCode = code;
});
