import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { planNames, planOf } from '../contract/plans';
import { previousSchema, type Previous, type Report } from '../contract/report';
import type { RunEvent } from '../contract/run-events';
import { previousOf, renderHtml } from '../report';
import { endServers } from '../sandbox/databases';
import { Drill } from '../sandbox/drill/drill';
import { scenarios } from '../sandbox/scenarios';
import { discard, removeWithin, unremoved } from '../sandbox/scratch';
import { assemblyOf, type Assembly } from './assemblies';
import type { DrillOptions, DrillRunner, Named } from './drill-runner';
import { requireDumpTools, requireNeeds, requireRealHost } from './needs';
import type { ReportFiles } from './summary';

const broken = new Set([...scenarios.values()].map(({ plan }) => plan));
/** The plans that a scenario calls for, in the catalogue's order. */
const drilled: readonly Named[] = planNames
  .filter((name) => broken.has(name))
  .map((name) => ({ name, title: planOf(name).title }));

/**
 * How much data a drill has: as much as the sample application's seed says for the main job. Other plans that replace data do the same
 * with less of it; where a plan leaves data alone, little of it shows as well that none is lost. A drill is sooner done.
 */
function evaluationsOf(name: string): { readonly evaluations?: number } {
  if (name === planNames[0]) return {};
  return { evaluations: planNames.some((plan) => plan === name && planOf(plan).replacesData) ? 25_000 : 5000 };
}

/** The stack of the environment that drills use. */
const STACK = 'Lifeboat-drill';
/** The context that names the stacks to synthesize (lib/app.ts). */
const STACKS = 'lifeboat:stacks';

/** Drills in the sandbox of this process: synthesizes the app, runs the drill, writes the report. */
export class SandboxRunner implements DrillRunner {
  #drill: Drill | undefined;
  /** By where the database lies. */
  readonly #assemblies = new Map<string, Assembly>();
  #keep = false;
  #left: readonly string[] = [];

  plans(): readonly Named[] {
    return drilled;
  }

  faults(plan: string): readonly Named[] {
    return [...scenarios.values()]
      .filter((scenario) => scenario.plan === plan)
      .map(({ name, title }) => ({ name, title }));
  }

  async run(
    options: DrillOptions,
    onEvent: (event: RunEvent) => void,
  ): Promise<{ report: Report; reportFiles: ReportFiles }> {
    const fault = options.fault ?? this.faults(options.plan)[0]?.name ?? '';
    const scenario = scenarios.get(fault);
    await requireNeeds();
    if (options.realHost) requireRealHost();
    if (scenario?.database === 'self-hosted') await requireDumpTools();
    this.#keep = options.keep;
    // The SDK is here to be answered by the sandbox; what it needs tomorrow is no news in the midst of a drill.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
    const stack = scenario?.regions === 'lost' ? `${STACK}-standby` : STACK;
    const assembly = await this.#synthesized(
      { [STACKS]: stack, ...(scenario?.database === undefined ? {} : { 'lifeboat:database': scenario.database }) },
      onEvent,
    );
    const memory = join(FOLDER, `last-${options.plan}.json`);
    const previous = remembered(memory);
    this.#drill = new Drill({
      assembly,
      stack,
      scenario: fault,
      budgets: options.budgets,
      ...evaluationsOf(options.plan),
      realHost: options.realHost,
      ...(scenario?.regions === undefined ? {} : { regions: scenario.regions }),
      input: { plan: options.plan, ...(options.mode === undefined ? {} : { mode: options.mode }) },
      onEvent,
      ...(options.trigger === undefined ? {} : { trigger: options.trigger }),
      ...(previous === null ? {} : { previous }),
    });
    try {
      const report = await this.#drill.run();
      const reportFiles = write(report);
      if (report.status === 'succeeded' && report.mode === 'live') remember(memory, previousOf(report));
      return { report, reportFiles };
    } finally {
      this.#left = await this.#drill.close(this.#keep);
      this.#drill = undefined;
    }
  }

  /** The folder of the app, synthesized with what a scenario needs; drills after the first one with the same use it again. */
  async #synthesized(context: Readonly<Record<string, string>>, onEvent: (event: RunEvent) => void): Promise<string> {
    const key = JSON.stringify(context);
    const known = this.#assemblies.get(key);
    if (known !== undefined) {
      await known.synthesis.done;
      return known.folder;
    }
    onEvent({
      type: 'note',
      at: { at: Date.now(), skipped: 0 },
      text: 'synthesizing the stacks that a deployment would upload',
    });
    const assembly = assemblyOf(context);
    this.#assemblies.set(key, assembly);
    await assembly.synthesis.done;
    return assembly.folder;
  }

  async close(): Promise<void> {
    this.#left = [...this.#left, ...(await this.#end())];
  }

  /** What the ended drill was asked to leave. */
  get left(): readonly string[] {
    return this.#left;
  }

  async stop(): Promise<{ left: readonly string[] }> {
    removeWithin(REMOVE_MS);
    await Promise.all([...this.#assemblies.values()].map(({ synthesis }) => synthesis.stop()));
    // First of all, so that nothing that is being built or restored waits for a server any more.
    await endServers();
    const limit = new AbortController();
    const late = pause(STOP_MS, [], { signal: limit.signal });
    const left = await Promise.race([this.#end(), late]);
    late.catch(() => undefined);
    limit.abort();
    // Whoever removes it, the end of the run or this.
    return { left: [...new Set([...left, ...unremoved()])] };
  }

  async #end(): Promise<string[]> {
    const left = (await this.#drill?.close(this.#keep)) ?? [];
    const folders = [...this.#assemblies.values()].map(({ folder }) => discard(folder));
    return [...left, ...(await Promise.all(folders)).flat()];
  }
}

/** Whoever pressed Ctrl-C waits no longer than this, milliseconds: what is not orderly stopped then ends with the process. */
const STOP_MS = 4000;
/** Until then files are removed, all processes having ended before; one removal can be deep in the disk's queue. */
const REMOVE_MS = 3000;

/** Evidence is kept, a folder a drill, below the folder where the command was given. */
const FOLDER = 'drills';

function write(report: Report): ReportFiles {
  const folder = join(FOLDER, report.runId);
  mkdirSync(folder, { recursive: true });
  const files = { json: join(folder, 'report.json'), html: join(folder, 'report.html') };
  writeFileSync(files.json, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(files.html, renderHtml(report));
  return files;
}

/** The last drill of the plan that was run in this folder; null where there was none, or its note cannot be read any more. */
function remembered(file: string): Previous | null {
  try {
    const parsed = previousSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function remember(file: string, previous: Previous): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, `${JSON.stringify(previous, null, 2)}\n`);
}
