import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportSchema, type Report } from '../../contract/report';
import { levelOf, verdictWords } from '../../report';
import { exitCodeOfAll, tableOfAll, type Drilled } from '../all-drills';
import type { Apart, ApartProcess } from '../apart';
import type { Named } from '../drill-runner';
import { exitCodes } from '../exit-codes';
import { invocation } from '../invocation';
import { writeJson } from '../json';
import { phaseOf } from '../plain';
import type { Surroundings } from '../terminal';
import { duration, harmless } from '../text';
import { UsageError } from '../usage';
import type { Given } from './drill';

/** A drill waits for one thing after the other and keeps one of two processors busy. A real machine is emulated, and takes both. */
const atOnce = (given: Given): number => (given.realHost ? 1 : 2);

/** Every plan by its usual disaster, each in a process of its own; one that breaks keeps no other from its drill. Ctrl-C ends all of it. */
export async function drillAll(of: Surroundings, plans: readonly Named[], given: Given): Promise<number> {
  const alone = ['plan', 'fault', 'keep', 'mode', 'trigger'] as const;
  const wrong = alone.find((option) => given[option] !== undefined);
  if (wrong !== undefined) throw new UsageError(`--${wrong}: not together with --all. Right: ${invocation('--all')}`);
  const all = new AllDrills(of, plans, given);
  try {
    return await all.run();
  } finally {
    await all.close();
  }
}

class AllDrills {
  readonly #processes: Apart;
  readonly #waiting: Named[];
  readonly #running = new Set<ApartProcess>();
  readonly #drilled: Drilled[] = [];
  #interrupted = false;
  /** What keeps every drill from being begun: a program that is missing, an option that is wrong. */
  #unusable: string | null = null;

  constructor(
    private readonly of: Surroundings,
    private readonly plans: readonly Named[],
    private readonly given: Given,
  ) {
    this.#processes = of.apart();
    this.#waiting = [...plans];
  }

  async run(): Promise<number> {
    const { of, plans, given } = this;
    const quiet = of.onInterrupt(() => {
      this.#interrupted = true;
      this.#waiting.length = 0;
      for (const running of this.#running) running.interrupt();
    });
    try {
      await Promise.all(
        Array.from({ length: atOnce(given) }, async () => {
          await this.#one();
        }),
      );
    } finally {
      quiet();
    }
    if (this.#interrupted) {
      of.stderr.write('DRILL all plans: stopped; nothing outside this machine was touched\n');
      return exitCodes.interrupted.code;
    }
    if (this.#unusable !== null) throw new UsageError(this.#unusable);
    const drills = plans.flatMap(({ name }) => this.#drilled.filter(({ plan }) => plan === name));
    of.stdout.write(`\n${tableOfAll(drills).join('\n')}\n`);
    if (given.json !== undefined)
      await writeJson(given.json, { runs: drills.flatMap(({ report }) => (report === null ? [] : [report])) });
    return exitCodeOfAll(drills);
  }

  async close(): Promise<void> {
    await this.#processes.close();
  }

  /** One drill after the other, until none waits any more. */
  async #one(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await this.#drill(next.name);
    }
  }

  async #drill(plan: string): Promise<void> {
    const { of } = this;
    const began = of.now();
    const file = join(this.#processes.folder, `${plan}.json`);
    this.#say(plan, 'begins');
    const running = this.#processes.start(this.#arguments(plan, file), this.#progress(plan));
    this.#running.add(running);
    const { code, why } = await running.ended;
    this.#running.delete(running);
    if (this.#interrupted) return;
    const report = written(file);
    if (report === null && code === exitCodes.usage.code) {
      this.#unusable ??= why;
      this.#waiting.length = 0;
      return;
    }
    const seconds = (of.now() - began) / 1000;
    this.#drilled.push({ plan, report, broke: report === null ? why : null, seconds });
    const came = report === null ? `BROKE: ${why}` : `${verdictWords[levelOf(report)]}: ${report.verdict}`;
    this.#say(plan, `${came} (${duration(seconds)}; ${this.#drilled.length} of ${this.plans.length} done)`);
  }

  #say(plan: string, text: string): void {
    this.of.stderr.write(`DRILL ${plan} ${harmless(text)}\n`);
  }

  /** With --plain every line, otherwise where each of them is. */
  #progress(plan: string): (line: string) => void {
    let before: string | null = null;
    return (line) => {
      if (this.given.plain) {
        this.of.stderr.write(`${harmless(line)}\n`);
        return;
      }
      const phase = phaseOf(line);
      if (phase !== null && phase !== before) this.#say(plan, phase);
      before = phase ?? before;
    };
  }

  #arguments(plan: string, file: string): string[] {
    const { budgetDowntime, budgetRows, budgetTime, realHost } = this.given;
    const budget = (option: string, value: number | undefined) => (value === undefined ? [] : [option, String(value)]);
    return [
      ...['drill', '--plan', plan, '--plain', '--json', file],
      ...(realHost ? ['--real-host'] : []),
      ...budget('--budget-downtime', budgetDowntime),
      ...budget('--budget-rows', budgetRows),
      ...budget('--budget-time', budgetTime),
    ];
  }
}

/** The report that a drill has written; null where it ended before it could. */
function written(file: string): Report | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  return reportSchema.parse(JSON.parse(text));
}
