import { type StaticOperationSchema } from '@smithy/types';
import { AwsError } from '../services/service';
import { SimulationError } from './errors';
import { mismatches } from './schema-check';
import { asSdkError } from './sdk-errors';

/** A command of the SDK, with the part of the service's model that belongs to it. */
export interface PlainCommand {
  readonly schema: StaticOperationSchema;
  readonly input: unknown;
  readonly middlewareStack: unknown;
}

/**
 * One call as the SDK makes it: input and answer are compared with the service's model, an AwsError becomes the SDK's
 * own, `$metadata` is added.
 * @throws the SDK's ValidationException where the model's required members are missing, or a value is none of its
 *   type; SimulationError where the simulated service answers what the real one could not
 */
export async function answerCommand(
  command: PlainCommand,
  input: unknown,
  perform: (operation: string, input: unknown) => Promise<unknown>,
): Promise<object> {
  const [, namespace, operation, , inputShape, outputShape] = command.schema;
  try {
    const problems = mismatches(inputShape, input, true);
    if (problems.length > 0) {
      const message = `${operation}: ${problems.map((problem) => problem.message).join('; ')}`;
      throw new AwsError('ValidationException', message);
    }
    const output = await perform(operation, input);
    if (typeof output !== 'object' || output === null) throw new SimulationError(`${operation} answered no object`);
    const wrong = mismatches(outputShape, output, false);
    if (wrong.length > 0) {
      throw new SimulationError(`${operation} answered: ${wrong.map((problem) => problem.message).join('; ')}`);
    }
    return { ...output, $metadata: { httpStatusCode: 200, requestId: 'sandbox', attempts: 1, totalRetryDelay: 0 } };
  } catch (thrown) {
    throw thrown instanceof AwsError ? asSdkError(thrown, namespace) : thrown;
  }
}
