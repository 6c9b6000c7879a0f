import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The app could not be synthesized; the message has what it said. */
export class SynthesisFailedError extends Error {
  override readonly name = 'SynthesisFailedError';
}

export interface Synthesis {
  readonly done: Promise<void>;
  stop(): void;
}

const root = join(__dirname, '..');

/**
 * Synthesizes the CDK app into a folder, in a process of its own: exactly what `cdk deploy` would run (cdk.json), and what
 * the sandbox then executes.
 */
export function synthesize(outdir: string): Synthesis {
  const child = spawn(process.execPath, ['--import', 'tsx', join('bin', 'app.ts')], {
    cwd: root,
    env: { ...process.env, CDK_OUTDIR: outdir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
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
    stop: () => {
      child.kill('SIGKILL');
    },
  };
}
