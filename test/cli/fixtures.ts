import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyOf, type Apart } from '../../cli/apart';
import type { DrillOptions, DrillRunner } from '../../cli/drill-runner';
import type { Instant, Out, RunEvent, RunFacts, Sink, StepFacts } from '../../cli/events';
import { main } from '../../cli/main';
import type { Surroundings } from '../../cli/terminal';
import { emptyView, fold, type RunView } from '../../cli/view';
import { sampleReport } from '../report/fixtures';

export const START = Date.parse('2026-11-23T02:14:07.000Z');
export const ZONE = 'Europe/Berlin';

/** So many measured and skipped seconds after the start. */
export const at = (measured: number, skipped = 0): Instant => ({ at: START + measured * 1000, skipped });

export const run: RunFacts = {
  word: 'DRILL',
  environment: 'drill',
  account: { alias: 'interview-drills-drill', id: '123456789012', region: 'us-east-1' },
  plan: 'database-recovery',
  runId: 'drl-0031',
  trigger: 'alarm',
  target: 14_400,
  normal: { from: 1200, to: 1500, drills: 5 },
  phases: { restore: { from: 510, to: 670, drills: 5 } },
  keys: 'Ctrl-C stops the drill',
};

const step = (name: string, phase: StepFacts['phase'], more: Partial<StepFacts> = {}): StepFacts => ({
  id: `database-recovery/${name}#1`,
  machine: 'database-recovery',
  name,
  phase,
  kind: 'task',
  ...more,
});

const wait = step('Restore finished', 'restore', {
  kind: 'wait',
  wait: {
    what: 'AWS: the restore of lifeboat-drill-drl-0031',
    normal: { from: 510, to: 670, drills: 5 },
    deadline: 3600,
    then: 'the run fails and takes back what it changed',
    who: 'nobody; stopping ends the drill',
    command: 'Ctrl-C',
    forPerson: false,
  },
});

/** A drill up to the middle of its restore. */
export const events: readonly RunEvent[] = [
  { type: 'started', at: at(0), run },
  ...['Find the hosts', 'Inspect the source', 'Choose the moment'].flatMap((name, index): RunEvent[] => [
    { type: 'step-entered', at: at(index), step: step(name, 'decide') },
    { type: 'step-exited', at: at(index + 0.5), id: step(name, 'decide').id, status: 'done' },
  ]),
  ...[
    'Suspend Auto Scaling',
    'Show the maintenance page',
    'Stop the services',
    'Fence the database',
    'Restore beside',
  ].flatMap((name, index): RunEvent[] => [
    { type: 'step-entered', at: at(3 + index, index * 5), step: step(name, 'restore') },
    { type: 'step-exited', at: at(3.8 + index, index * 5), id: step(name, 'restore').id, status: 'done' },
  ]),
  { type: 'step-entered', at: at(8, 20), step: wait },
  { type: 'step-progress', at: at(20, 560), id: wait.id, text: 'log replay 02:12:05Z of 02:13:40Z' },
];
export const now = at(24, 570);

export const viewOf = (of: readonly RunEvent[]): RunView => of.reduce(fold, emptyView);

export class Buffer implements Out {
  text = '';
  constructor(
    readonly isTTY = false,
    readonly columns = 80,
    readonly rows = 24,
  ) {}
  write(text: string): void {
    this.text += text;
  }
}

/** Timers that only a test moves. */
export class ManualTimers {
  readonly actions: (() => void)[] = [];
  readonly every = (_milliseconds: number, action: () => void): (() => void) => {
    this.actions.push(action);
    return () => {
      this.actions.splice(this.actions.indexOf(action), 1);
    };
  };
  tick(): void {
    for (const action of [...this.actions]) action();
  }
}

/** A runner that plays the events above and ends as told, or waits to be stopped. */
export class FakeRunner implements DrillRunner {
  readonly options: DrillOptions[] = [];
  stopped = false;
  constructor(
    readonly ends: 'recovered' | 'failed' | 'throws' | 'never' = 'recovered',
    /** A plan that ends otherwise than the others. */
    readonly but: Readonly<Record<string, 'recovered' | 'failed' | 'throws'>> = {},
  ) {}

  plans() {
    return [
      { name: 'database-recovery', title: 'the database comes back beside the broken one' },
      ...Object.keys(this.but).map((name) => ({ name, title: 'another one' })),
    ];
  }
  faults() {
    return [
      { name: 'bad-migration', title: 'a migration deletes what people wrote' },
      { name: 'instance-deleted', title: 'the instance is gone' },
    ];
  }
  run(options: DrillOptions, onEvent: (event: RunEvent) => void) {
    this.options.push(options);
    events.forEach(onEvent);
    const ends = this.but[options.plan] ?? this.ends;
    if (ends === 'throws') return Promise.reject(new RangeError('no port is free'));
    if (ends === 'never') return new Promise<never>(() => undefined);
    const reportFiles = { json: '/drills/drl-0031/report.json', html: '/drills/drl-0031/report.html' };
    return Promise.resolve({ report: sampleReport(ends, options.budgets), reportFiles });
  }
  readonly left: readonly string[] = [];
  closed = 0;

  close() {
    this.closed += 1;
    return Promise.resolve();
  }
  stop() {
    this.stopped = true;
    return Promise.resolve({ left: ['/drills/drl-0031 (logs)'] });
  }
}

/** Surroundings without a process: buffers, timers that stand still, Ctrl-C as a function. */
export function surroundings(runner: DrillRunner, live: Sink | null = null) {
  const stdout = new Buffer();
  const stderr = new Buffer();
  const interrupts: (() => void)[] = [];
  const of: Surroundings = {
    stdout,
    stderr,
    runner: () => Promise.resolve(runner),
    apart: () => together(of),
    now: () => START,
    every: new ManualTimers().every,
    onInterrupt: (action) => {
      interrupts.push(action);
      return () => undefined;
    },
    openLive: () => Promise.resolve(live),
  };
  return {
    of,
    stdout,
    stderr,
    interrupt: () => {
      interrupts.forEach((action) => {
        action();
      });
    },
  };
}

/** Processes of their own, in this one: the same command line on the same runner. */
function together(of: Surroundings): Apart {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-apart-'));
  return {
    folder,
    start: (argv, onLine) => {
      const stderr = new Buffer();
      const ended = main(argv, { ...of, stdout: new Buffer(), stderr }).then((code) => {
        const lines = stderr.text.split('\n');
        lines.forEach(onLine);
        return { code, why: whyOf(lines) };
      });
      return { ended, interrupt: () => undefined };
    },
    close: () => {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    },
  };
}
