import * as z from 'zod';
import { plannedChangeSchema, predictionSchema } from '../planned';
import { runRefSchema } from '../run';
import { task } from './task';

/** Tasks by which a run waits for a person; `lambdas/run/`. */
export const approvalTasks = {
  'approval-ask': task({
    name: 'approval-ask',
    capability: 'run',
    does: 'Says whether a person has to decide about these changes: by the description, and by what was decided already.',
    arguments: z.strictObject({ run: runRefSchema, planned: z.array(plannedChangeSchema) }),
    result: z.strictObject({
      needed: z.boolean(),
      /** Counts how often this run asks, from 1. */
      round: z.number().int(),
      timeoutSeconds: z.number().int().positive(),
    }),
    throws: ['ApprovalDeniedError'],
    timeoutSeconds: 30,
  }),
  'approval-request': task({
    name: 'approval-request',
    capability: 'run',
    does: 'Asks: records the waiting token with a digest of the changes, and sends the people what the run would do.',
    arguments: z.strictObject({
      run: runRefSchema,
      planned: z.array(plannedChangeSchema),
      prediction: predictionSchema,
      round: z.number().int().positive(),
      token: z.string(),
    }),
    result: z.strictObject({ asked: z.boolean() }),
    throws: ['ApprovalDeniedError'],
    timeoutSeconds: 30,
  }),
  'approval-conclude': task({
    name: 'approval-conclude',
    capability: 'run',
    does: 'Reads what was decided; where nobody did in time, what the description says is the decision.',
    arguments: z.strictObject({ run: runRefSchema, round: z.number().int().positive() }),
    result: z.strictObject({ goesOn: z.literal(true) }),
    throws: ['ApprovalDeniedError'],
    timeoutSeconds: 30,
  }),
  'approval-decide': task({
    name: 'approval-decide',
    capability: 'run',
    does: 'The address where a person decides: GET shows what is waiting and never acts, a signed POST decides, once.',
    /** An event of a function's address, payload format 2.0 (Lambda guide, Invoking function URLs). */
    arguments: z.looseObject({
      requestContext: z.looseObject({
        http: z.looseObject({ method: z.string() }),
        authorizer: z.looseObject({ iam: z.looseObject({ userArn: z.string().nullish() }).nullish() }).nullish(),
      }),
      queryStringParameters: z.record(z.string(), z.string()).nullish(),
      body: z.string().nullish(),
      isBase64Encoded: z.boolean().optional(),
    }),
    result: z.strictObject({
      statusCode: z.number().int(),
      headers: z.record(z.string(), z.string()),
      body: z.string(),
    }),
    throws: [],
    timeoutSeconds: 30,
  }),
} as const;
