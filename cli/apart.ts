import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { discard, scratchFolder } from '../sandbox/scratch';
import { ASSEMBLIES } from './assemblies';

/** A command line of our own in a process of its own. */
export interface ApartProcess {
  /** The exit code, and why where it says so, otherwise its last line. Rejects where it could not be started. */
  readonly ended: Promise<{ readonly code: number; readonly why: string }>;
  /** As Ctrl-C: it stops what it started, then ends. */
  readonly interrupt: () => void;
}

/** Processes that work beside each other and share what the first of them synthesized. */
export interface Apart {
  /** A folder for files of all of them. */
  readonly folder: string;
  readonly start: (argv: readonly string[], onLine: (line: string) => void) => ApartProcess;
  readonly close: () => Promise<void>;
}

const root = join(__dirname, '..');

/**
 * A drill of its own needs a process of its own: databases, clocks and the answers to the SDK are those of a process. When
 * this process is gone, even with SIGKILL, they notice and stop (parents.ts).
 */
export function apart(): Apart {
  const folder = scratchFolder('drills');
  return {
    folder,
    start: (argv, onLine) => {
      const child = spawn(process.execPath, ['--import', 'tsx', join(root, 'bin', 'lifeboat.ts'), ...argv], {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, [ASSEMBLIES]: folder },
      });
      const lines: string[] = [];
      createInterface({ input: child.stderr }).on('line', (line) => {
        lines.push(line);
        onLine(line);
      });
      const ended = new Promise<{ code: number; why: string }>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code, signal) => {
          resolve({ code: code ?? 1, why: signal === null ? whyOf(lines) : `ended by ${signal}` });
        });
      });
      return { ended, interrupt: () => child.kill('SIGINT') };
    },
    close: async () => {
      await discard(folder);
    },
  };
}

/** What a command line that failed says of it (main.ts). */
export function whyOf(lines: readonly string[]): string {
  const told = lines.findLast((line) => /^(cause {2}|error: )/.test(line))?.replace(/^(cause {2}|error: )/, '');
  return told ?? lines.findLast((line) => line.trim() !== '') ?? 'no report, and no word why';
}
