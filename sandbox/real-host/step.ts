import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { ImageBuildFailed } from './errors';

/** How many characters of a failed program's words are shown. */
const SHOWN = 3000;

export interface StepOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Where everything that it says goes as well. */
  readonly log?: string;
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws ImageBuildFailed with the end of its words unless it exits with 0
 */
export async function step(program: string, args: readonly string[], options: StepOptions = {}): Promise<string> {
  const log = options.log === undefined ? undefined : createWriteStream(options.log, { flags: 'a' });
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: options.environment ?? process.env });
  let stdout = '';
  let said = '';
  let rest = '';
  const hear = (text: string): void => {
    said = `${said}${text}`.slice(-SHOWN);
    log?.write(text);
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) options.onLine?.(line);
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    hear(text);
  });
  child.stderr.setEncoding('utf8').on('data', hear);
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => {
      resolve(status ?? signal ?? 'no code');
    });
  });
  if (log !== undefined) {
    log.end();
    await finished(log);
  }
  if (code !== 0) throw new ImageBuildFailed(`${program} ended with ${code}: ${said.trim()}`);
  return stdout;
}
