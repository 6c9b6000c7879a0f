import type * as z from 'zod';
import { applicationSchema, type Application, type Description, type EnvironmentName } from './schema';

/** The description has a mistake; the message names each field by its path and says what it should be. */
export class InvalidDescriptionError extends Error {
  override readonly name = 'InvalidDescriptionError';
}

/**
 * Reads an application's description.
 * @throws InvalidDescriptionError with one line a mistake: the field's path and what it should be.
 */
export function application(description: z.input<typeof applicationSchema>): Application {
  const parsed = applicationSchema.safeParse(description);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.') || '(top)'}: ${issue.message}`);
    throw new InvalidDescriptionError(
      `the application's description has ${lines.length} mistake(s):\n${lines.join('\n')}`,
    );
  }
  return parsed.data;
}

/** One environment's view of the application, as its functions see it. */
export function describe(of: Application, environment: EnvironmentName): Description {
  return {
    application: of.name,
    title: of.title,
    environment,
    objective: of.objectives[of.tier],
    serviceLevels: of.serviceLevels,
    approvals: ofEnvironment(of.approvals, environment),
    schedules: ofEnvironment(of.schedules, environment),
    ...of.environments[environment],
  };
}

/** The entries of one environment, without saying so again. */
function ofEnvironment<T extends { readonly environments: readonly EnvironmentName[] }>(
  entries: readonly T[],
  environment: EnvironmentName,
): Omit<T, 'environments'>[] {
  return entries
    .filter(({ environments }) => environments.includes(environment))
    .map(({ environments: _environments, ...entry }) => entry);
}
