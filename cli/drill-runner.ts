import type { Budgets, Report } from '../contract/report';
import type { RunEvent } from './events';
import type { ReportFiles } from './summary';

export interface Named {
  readonly name: string;
  readonly title: string;
}

export interface DrillOptions {
  readonly plan: string;
  /** What goes wrong; the plan's usual disaster where none is given. */
  readonly fault: string | null;
  readonly budgets: Partial<Budgets>;
  /** Who starts the run; an operator unless given. */
  readonly trigger?: 'operator' | 'alarm' | 'schedule';
  /** `rehearse` decides everything and changes nothing; `live` unless given. */
  readonly mode?: 'live' | 'rehearse';
  /** Leave the files of the drill as they are at its end; its processes end with it in any case. */
  readonly keep: boolean;
  /** One host that is a real machine, instead of simulated ones. */
  readonly realHost: boolean;
}

/** Runs drills; the sandbox is one. */
export interface DrillRunner {
  /** The plans that can be drilled, the usual one first. */
  plans(): readonly Named[];
  /** What can be made to go wrong for a plan, the usual one first. */
  faults(plan: string): readonly Named[];
  run(options: DrillOptions, onEvent: (event: RunEvent) => void): Promise<{ report: Report; reportFiles: ReportFiles }>;
  /** Gives back what several drills share, once there will be no further one. */
  close(): Promise<void>;
  /** Folders that the last drill left: what `keep` asks for. */
  readonly left: readonly string[];
  /** Ends the drill under way; answers with what is left, and where. `run` may then end in any way. */
  stop(): Promise<{ left: readonly string[] }>;
}
