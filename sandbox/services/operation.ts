import * as z from 'zod';
import { AwsError, type Caller, NotSimulatedError, type Operation, type Permission } from './service';

interface Definition<I> {
  /** The error's name where the input is of the right fields but not acceptable; ValidationException unless said. */
  readonly invalid?: string;
  authorize(input: I, caller: Caller): readonly Permission[];
  perform(input: I, caller: Caller): unknown;
}

/**
 * An operation that takes exactly the input that its schema knows (a strict object): a field of the service that is not
 * in it is refused by name (NotSimulatedError), a value that does not fit as the service refuses it.
 */
export function operation<S extends z.ZodType>(schema: S, definition: Definition<z.infer<S>>): Operation {
  const parse = (input: unknown): z.infer<S> => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return parsed.data;
    const unknown = parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
    );
    if (unknown.length > 0) throw new NotSimulatedError(`The input's ${unknown.join(', ')} is not simulated`);
    throw new AwsError(definition.invalid ?? 'ValidationException', z.prettifyError(parsed.error));
  };
  return {
    authorize: (input, caller) => definition.authorize(parse(input), caller),
    perform: async (input, caller) => await definition.perform(parse(input), caller),
  };
}
