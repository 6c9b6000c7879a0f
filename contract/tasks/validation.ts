import * as z from 'zod';
import { descriptionSchema } from '../../config/schema';
import { testScriptSchema } from '../documents/validation';
import { checkSchema, instant, runIdSchema, runRefSchema } from '../run';
import { task } from './task';

/**
 * What the machine `validation` takes. Started alone, `{}` is enough: then it needs no lease and writes nothing anywhere.
 * The front door gives run and description, and the description says which tests are run.
 */
export const validationInputSchema = z.strictObject({
  run: runRefSchema.optional(),
  description: descriptionSchema.optional(),
  /** Started alone, tests are run only where they are asked for: they write rows of their own. */
  tests: testScriptSchema.optional(),
});

/** A question's answers, one a host, or why there is none. */
export const foundSchema = z.strictObject({
  results: z.array(z.strictObject({ host: z.string(), result: z.unknown() })).nullable(),
  failure: z.strictObject({ Error: z.string(), Cause: z.string() }).nullable(),
});
export type Found = z.infer<typeof foundSchema>;

const parameters = z.record(z.string(), z.string());

/** Tasks of the validation; `lambdas/validation/`. */
export const validationTasks = {
  'validation-open': task({
    name: 'validation-open',
    capability: 'validation',
    does: 'Parses what a validation was started with and says which hosts are asked, and by which parameters.',
    arguments: z.strictObject({ executionName: runIdSchema, input: z.unknown() }),
    result: z.strictObject({
      run: runRefSchema.nullable(),
      description: descriptionSchema,
      hosts: z.array(z.string()),
      /** Hosts with the application's tag that cannot be asked, and why. */
      unheard: z.array(z.strictObject({ host: z.string(), why: z.string() })),
      /** Of those, the ones whose targets do not matter: the description says to go on without a host that is offline. */
      leftOut: z.array(z.string()).default([]),
      /** Begins the keys of its commands. */
      keyPrefix: z.string(),
      parameters: z.strictObject({ inspect: parameters, measure: parameters, probe: parameters, test: parameters }),
    }),
    throws: ['InvalidInputError', 'LeaseLostError'],
    timeoutSeconds: 30,
  }),
  'validation-judge': task({
    name: 'validation-judge',
    capability: 'validation',
    does: 'Makes a check of each thing that was asked, with its figure, and records them in the journal of the run, where there is one.',
    arguments: z.strictObject({
      run: runRefSchema.nullable(),
      description: descriptionSchema,
      hosts: z.array(z.string()),
      unheard: z.array(z.strictObject({ host: z.string(), why: z.string() })),
      /** Which tests were asked for. */
      tests: z.string(),
      inspected: foundSchema,
      measured: foundSchema,
      probed: foundSchema,
      tested: foundSchema,
      targets: z.strictObject({ healthy: z.number().int(), registered: z.number().int() }),
      outside: z.strictObject({ healthy: z.boolean(), status: z.number().int().nullable(), detail: z.string() }),
    }),
    /** `words` names what failed and what could not be checked. */
    result: z.strictObject({ passed: z.boolean(), words: z.string(), at: instant, checks: z.array(checkSchema) }),
    throws: ['LeaseLostError'],
    timeoutSeconds: 30,
  }),
} as const;
