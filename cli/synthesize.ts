import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The app could not be synthesized; the message has what it said. */
export class SynthesisFailedError extends Error {
  override readonly name = 'SynthesisFailedError';
}

export interface Synthesis {
  readonly done: Promise<void>;
  /** Ends it at once; returns when it has ended. */
  stop(): Promise<void>;
}

const root = join(__dirname, '..');
/** Ends what it runs when this process is gone, even with SIGKILL. */
const SUPERVISOR = readFileSync(join(root, 'sandbox', 'databases', 'supervise.sh'), 'utf8');

/**
 * Synthesizes the CDK app into a folder, in a process of its own: exactly what `cdk deploy` would run (cdk.json), and what
 * the sandbox then executes.
 * @param context what `cdk deploy -c name=value` would give.
 */
export function synthesize(outdir: string, context: Readonly<Record<string, string>> = {}): Synthesis {
  const child = spawn(
    '/bin/sh',
    ['-c', SUPERVISOR, 'supervise', '', process.execPath, '--import', 'tsx', join('bin', 'app.ts')],
    {
      cwd: root,
      env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true, // a Ctrl-C in the terminal is ours to handle
    },
  );
  child.stdin.on('error', () => undefined);
  child.stdout.resume(); // the process id only
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const done = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new SynthesisFailedError(
            `the app did not synthesize (${signal ?? code ?? 'no code'}):\n${Buffer.concat(said).toString()}`,
          ),
        );
    });
  });
  return {
    done,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const closed = once(child, 'close');
      child.stdin.destroy();
      await closed;
    },
  };
}
