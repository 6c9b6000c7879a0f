import type { DrillRunner } from './drill-runner';

/** Opens the sandbox. Imported when it is needed, since it brings a database with it. */
export async function openRunner(): Promise<DrillRunner> {
  const { SandboxRunner } = await import('./sandbox-runner.js');
  return new SandboxRunner();
}
