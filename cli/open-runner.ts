import type { DrillRunner } from './drill-runner';

/** The sandbox that runs drills is not part of this build. */
export class SandboxMissingError extends Error {
  override readonly name = 'SandboxMissingError';
}

/** Opens the sandbox. Imported when it is needed, since it brings a database with it. */
export function openRunner(): Promise<DrillRunner> {
  return Promise.reject(new SandboxMissingError('the sandbox that runs drills is not part of this build yet'));
}
