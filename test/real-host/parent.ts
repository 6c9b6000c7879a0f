import { restore } from './restore';

/** Restores a machine, says which process it is, and stays: for the test that kills it. */
async function main(): Promise<void> {
  const machine = await restore();
  process.stdout.write(`${String(machine.pid)}\n`);
  process.stdin.resume();
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
