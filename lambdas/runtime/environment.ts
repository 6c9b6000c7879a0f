import { environmentVariables, type EnvironmentVariable } from '../../contract/environment';
import { ContractViolationError } from '../../contract/errors';

/**
 * The value of one of the functions' environment variables.
 * @throws ContractViolationError naming the variable where it is missing or empty.
 */
export function environment(variable: EnvironmentVariable): string {
  const name = environmentVariables[variable];
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new ContractViolationError(`the environment variable ${name} is not set: the stack has to give it`);
  }
  return value;
}
