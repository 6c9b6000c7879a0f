import { Command, CommanderError } from 'commander';
import { drillCommand, list } from './commands/drill';
import { exitCodeHelp, exitCodes } from './exit-codes';
import { invocation } from './invocation';
import type { Surroundings } from './terminal';
import { harmless } from './text';
import { UsageError } from './usage';

/**
 * The command line. Standard output has data and results, standard error messages and progress.
 * @param argv what stands after the program's name.
 * @returns the exit code; see exit-codes.ts.
 */
export async function main(argv: readonly string[], of: Surroundings): Promise<number> {
  let code: number = exitCodes.done.code;
  const program = new Command('lifeboat')
    .description('disaster recovery for web applications on AWS, rehearsed for real on this machine')
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => of.stdout.write(text), writeErr: (text) => of.stderr.write(text) })
    .addHelpText('after', `\n${exitCodeHelp()}`)
    .allowExcessArguments(false)
    .action(async () => {
      of.stdout.write(await overview(of));
    });
  const drill = drillCommand(of, (ended) => {
    code = ended;
  }).copyInheritedSettings(program);
  drill.addHelpText('after', `\n${exitCodeHelp()}`);
  program.addCommand(drill);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return failed(error, argv, of);
  }
}

function failed(error: unknown, argv: readonly string[], of: Surroundings): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.done.code;
    of.stderr.write(`Nothing was started. Right: ${invocation('[options]')}; all options: ${invocation('--help')}\n`);
    return exitCodes.usage.code;
  }
  if (error instanceof UsageError) {
    of.stderr.write(`error: ${harmless(error.message)}\nNothing was started.\n`);
    return exitCodes.usage.code;
  }
  const told = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  of.stderr.write(`DRILL ${harmless(argv.join(' '))} FAILED before it could report\n`);
  of.stderr.write(
    `cause  ${harmless(told)}\nnext   ${invocation('--keep --plain')}    (the same again, and keep everything to look at)\n`,
  );
  return exitCodes.failed.code;
}

/** What is there and what to do next, for `lifeboat` alone. */
async function overview(of: Surroundings): Promise<string> {
  const runner = await of.runner();
  const first = runner.plans()[0]?.name;
  return [
    'No run is under way on this machine. Waits for you: nothing.',
    '',
    'Can be drilled here (no AWS account needed):',
    list(runner).trimEnd().replace(/^/gm, '  '),
    '',
    `Next: lifeboat drill${first ? ` --plan ${first}` : ''}      Help: lifeboat --help`,
    '',
  ].join('\n');
}
