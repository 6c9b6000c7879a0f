import pc from 'picocolors';
import { apart, type Apart } from './apart';
import type { DrillRunner } from './drill-runner';
import type { Out, Sink } from './events';
import { liveSink, openRedraw, painter } from './live';
import { onOrphaned } from './parents';
import { plainSink } from './plain';

/** Everything that the command line gets from its surroundings, so that tests can give it something else. */
export interface Surroundings {
  /** Results. */
  readonly stdout: Out;
  /** Messages and progress. */
  readonly stderr: Out;
  readonly runner: () => Promise<DrillRunner>;
  /** Processes for drills beside each other. */
  readonly apart: () => Apart;
  /** The real time of day, milliseconds. */
  readonly now: () => number;
  readonly every: (milliseconds: number, action: () => void) => () => void;
  /** Calls `action` once at Ctrl-C, or when who started this is gone; answers with what stops listening. */
  readonly onInterrupt: (action: () => void) => () => void;
  /** The live view on standard error where that is a terminal; null where it is none. */
  readonly openLive: () => Promise<Sink | null>;
}

/** The sink for progress: redrawn on a terminal, a line per event everywhere else and with `--plain`. */
export async function progressSink(of: Surroundings, plain: boolean): Promise<Sink> {
  const live = plain ? null : await of.openLive();
  return live ?? plainSink({ out: of.stderr, now: of.now, every: of.every });
}

/** Calls `action` again and again without keeping the process alive. */
export function every(milliseconds: number, action: () => void): () => void {
  const timer = setInterval(action, milliseconds);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}

/** The process's own surroundings. */
export function processSurroundings(runner: () => Promise<DrillRunner>): Surroundings {
  const now = () => Date.now();
  // A pipe whose reader is gone takes nothing any more; the drill has to be stopped in order all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    runner,
    apart,
    now,
    every,
    onInterrupt: (action) => {
      let heard = false;
      const once = () => {
        if (heard) return;
        heard = true;
        // What is under way is torn down from here on; how libraries take that is no news.
        process.on('uncaughtException', () => undefined);
        action();
      };
      const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
      for (const signal of signals) process.on(signal, once);
      const orphaned = onOrphaned(once, every);
      return () => {
        for (const signal of signals) process.removeListener(signal, once);
        orphaned();
      };
    },
    openLive: async () => {
      if (!process.stderr.isTTY) return null;
      const redraw = await openRedraw(process.stderr);
      return liveSink({ out: process.stderr, redraw, now, every, paint: painter(pc) });
    },
  };
}
