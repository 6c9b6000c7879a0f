import { Command, InvalidArgumentError, Option } from 'commander';
import type { Budgets, Report } from '../../contract/report';
import { closest } from '../closest';
import { drillAll } from './drill-all';
import type { DrillOptions, DrillRunner, Named } from '../drill-runner';
import { exitCodeOf, exitCodes } from '../exit-codes';
import { invocation } from '../invocation';
import { unwritable, writeJson } from '../json';
import { joinQuestions } from '../questions';
import { rehearsalSummary } from '../rehearsal';
import { failure, summary, type ReportFiles } from '../summary';
import { progressSink, type Surroundings } from '../terminal';
import { harmless } from '../text';
import { UsageError } from '../usage';

/** The options as they were given. */
export interface Given {
  readonly plan?: string;
  readonly fault?: string;
  readonly mode?: 'live' | 'rehearse';
  readonly trigger?: 'operator' | 'alarm' | 'schedule';
  readonly list?: true;
  readonly all?: true;
  readonly json?: string;
  readonly keep?: true;
  readonly realHost?: true;
  readonly plain?: true;
  readonly budgetDowntime?: number;
  readonly budgetRows?: number;
  readonly budgetTime?: number;
}

const amount =
  (unit: string) =>
  (text: string): number => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value))
      throw new InvalidArgumentError(`It should be a number of ${unit}, 0 or more, e.g. 30.`);
    return value;
  };

/** `lifeboat drill`: brings a disaster about in the sandbox, recovers from it, and reports. */
export function drillCommand(of: Surroundings, finish: (code: number) => void): Command {
  return new Command('drill')
    .description('rehearse a plan for real on this machine: no account, nothing outside is touched')
    .option('--plan <name>', 'the plan to drill (default: the first of --list)')
    .option('--fault <name>', 'what goes wrong (default: the first of the plan in --list)')
    .addOption(
      new Option('--mode <mode>', 'live: recover; rehearse: decide everything, change nothing').choices([
        'live',
        'rehearse',
      ]),
    )
    .addOption(
      new Option(
        '--trigger <who>',
        'who starts the run, as the template has it: rehearses where config/ says so',
      ).choices(['operator', 'alarm', 'schedule']),
    )
    .option('--list', 'list what can be drilled, and stop')
    .option('--all', 'drill every plan of --list, two at a time, and print one table')
    .option('--json <file>', 'write the report as JSON to this file too; with --all {"runs": [report, …]}')
    .option('--real-host', 'one host that is a real Debian machine (npm run host:build), instead of two simulated ones')
    .option('--keep', 'leave the files of the drill for a look (databases, hosts, logs, ledger) and say where they are')
    .option('--plain', 'one line per event: no redraw, no colour')
    .option('--budget-downtime <seconds>', 'exit with 3 beyond so much downtime', amount('seconds'))
    .option('--budget-rows <rows>', 'exit with 3 beyond so many rows lost', amount('rows'))
    .option('--budget-time <seconds>', 'exit with 3 beyond so much recovery time', amount('seconds'))
    .allowExcessArguments(false)
    .action(async (given: Given) => {
      finish(await drill(of, given));
    });
}

async function drill(of: Surroundings, given: Given): Promise<number> {
  if (given.json !== undefined) {
    const wrong = unwritable(given.json);
    if (wrong !== null) throw new UsageError(`--json: ${wrong}. Right: ${invocation('--json report.json')}`);
  }
  const runner = await of.runner();
  if (given.list) {
    of.stdout.write(list(runner));
    return exitCodes.done.code;
  }
  if (given.all) return await drillAll(of, runner.plans(), given);
  const plan = pick('--plan', given.plan, runner.plans());
  const fault = given.fault === undefined ? null : pick('--fault', given.fault, runner.faults(plan));
  const options = {
    plan,
    fault,
    budgets: budgetsOf(given),
    keep: given.keep === true,
    realHost: given.realHost === true,
    ...(given.mode === undefined ? {} : { mode: given.mode }),
    ...(given.trigger === undefined ? {} : { trigger: given.trigger }),
  };
  const { code, report, reportFiles } = await runDrill(of, runner, options, given).catch(async (error: unknown) => {
    await runner.close();
    throw error;
  });
  if (report === null) return code;
  await runner.close();
  if (given.json !== undefined) await writeJson(given.json, report);
  const told = report.rehearsal === undefined ? summary : rehearsalSummary;
  of.stdout.write(`${told(report, reportFiles, runner.left).join('\n')}\n`);
  if (code !== exitCodes.done.code && code !== exitCodes.missed.code)
    of.stderr.write(`${failure(report, reportFiles).join('\n')}\n`);
  return code;
}

/** How a drill ended; one that was interrupted has no report. */
type Ended =
  | { readonly code: number; readonly report: Report; readonly reportFiles: ReportFiles }
  | { readonly code: number; readonly report: null; readonly reportFiles: null };

const budgetsOf = (given: Given): Partial<Budgets> => ({
  ...(given.budgetDowntime === undefined ? {} : { downtimeSeconds: given.budgetDowntime }),
  ...(given.budgetRows === undefined ? {} : { rowsLost: given.budgetRows }),
  ...(given.budgetTime === undefined ? {} : { recoverySeconds: given.budgetTime }),
});

/** The name if it exists, the first one where none was given. */
function pick(option: string, given: string | undefined, known: readonly Named[]): string {
  const first = known[0]?.name;
  if (first === undefined) throw new UsageError(`${option}: there is nothing to choose from`);
  if (given === undefined) return first;
  const names = known.map(({ name }) => name);
  if (names.includes(given)) return given;
  const meant = closest(given, names);
  const suggestion = meant ? ` Did you mean ${meant}?` : '';
  throw new UsageError(
    `${option}: nothing is called "${harmless(given)}".${suggestion} Right: ${invocation(`${option} ${names.join('|')}`)}`,
  );
}

/** Plans with their faults, for people and for `cut`: two columns, faults indented. */
export function list(runner: DrillRunner): string {
  const line = (indent: string, { name, title }: Named) => `${indent}${name.padEnd(28 - indent.length)}  ${title}\n`;
  return runner
    .plans()
    .map(
      (plan) =>
        line('', plan) +
        runner
          .faults(plan.name)
          .map((fault) => line('  ', fault))
          .join(''),
    )
    .join('');
}

async function runDrill(of: Surroundings, runner: DrillRunner, options: DrillOptions, given: Given): Promise<Ended> {
  const { stderr } = of;
  const sink = await progressSink(of, given.plain === true);
  let quiet: () => void = () => undefined;
  const interrupted = new Promise<'interrupted'>((resolve) => {
    quiet = of.onInterrupt(() => {
      resolve('interrupted');
    });
  });
  try {
    let stopping = false;
    const joined = joinQuestions();
    const run = runner.run(options, (event) => {
      const shown = stopping ? null : joined(event);
      if (shown !== null) sink.event(shown);
    });
    // After Ctrl-C nobody waits for the run any more, and how it ends then is no news.
    run.catch(() => undefined);
    const ended = await Promise.race([run, interrupted]);
    stopping = ended === 'interrupted';
    sink.close();
    if (ended === 'interrupted') {
      stderr.write(`DRILL ${options.plan}: stopping what it started; nothing outside this machine was touched\n`);
      const { left } = await runner.stop();
      const files = options.keep ? 'kept' : 'left to the next drill to remove, since the disk is busy';
      const rest =
        left.length === 0 ? 'nothing is left running or lying about' : `nothing runs; ${files}: ${left.join(', ')}`;
      stderr.write(`DRILL ${options.plan}: stopped; ${harmless(rest)}\n`);
      stderr.write(`next   ${invocation(`--plan ${options.plan}`)}\n`);
      return { code: exitCodes.interrupted.code, report: null, reportFiles: null };
    }
    const { report, reportFiles } = ended;
    return { code: exitCodeOf(report), report, reportFiles };
  } catch (error) {
    for (const folder of runner.left) stderr.write(`files  ${folder}\n`);
    throw error;
  } finally {
    quiet();
    sink.close();
  }
}
