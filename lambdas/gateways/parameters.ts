import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { descriptionSchema, unstored, type Description } from '../../contract/description';
import { ContractViolationError } from '../../contract/errors';
import { environment } from '../runtime/environment';
import { parseJson } from '../runtime/parse';
import { callAws } from './aws-errors';
import { client } from './clients';

/**
 * The description of this function's environment, which the stack stored as one SSM parameter.
 * @throws ContractViolationError where it is missing, was not stored by the stack, or has not the shape of the contract.
 */
export async function readDescription(): Promise<Description> {
  const name = environment('descriptionParameter');
  const missing = (cause?: Error) =>
    new ContractViolationError(`the description's parameter ${name} is missing: the stack has to make it`, { cause });
  const { Parameter: parameter } = await callAws(
    `ssm:GetParameter ${name}`,
    () => client(SSMClient).send(new GetParameterCommand({ Name: name })),
    { ParameterNotFound: missing },
  );
  if (parameter?.Value === undefined) throw missing();
  return parseJson(descriptionSchema, json(parameter.Value, name), `the description in ${name}`);
}

function json(value: string, name: string): string {
  try {
    return unstored(value);
  } catch (cause) {
    throw new ContractViolationError(`the parameter ${name} does not hold what the stack stored there`, { cause });
  }
}
