import * as z from 'zod';
import { folder, url, whole, type DocumentContract } from './document';

/** An npm script of the release that tests the application from one of its hosts, or none. */
export const testScriptSchema = z.enum(['none', 'test:critical', 'test:integration']);
/** A script of the release, from its folder on; `none` for none. No part begins with a dot, so that none leads out of it. */
export const scriptPath = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*(\/[A-Za-z0-9][A-Za-z0-9_.-]*)*$/);

/** What a script of the release came to; `because` says why it did not run. */
const ranSchema = z.strictObject({
  ran: z.boolean(),
  because: z.string(),
  exitCode: z.number().int(),
  seconds: z.number(),
  /** The end of what it wrote. */
  tail: z.string(),
});

export const applicationMeasureSchema = z.strictObject({
  health: z.strictObject({ status: z.number().int(), body: z.string() }),
  /** Requests to the health address, and how many of them were not answered with 200. */
  requests: z.number().int(),
  failed: z.number().int(),
  /** How long each answer took, in the order of asking. */
  milliseconds: z.array(z.number().int()),
  /** What the metrics address said before and after these requests, as it came; null where it did not answer with 200. */
  metrics: z.strictObject({ before: z.string().nullable(), after: z.string().nullable(), problem: z.string() }),
});
export type ApplicationMeasure = z.infer<typeof applicationMeasureSchema>;

/** Documents that look at an application which serves. */
export const validationDocuments = {
  /** Asks the application on the host itself: its health `Requests` times, its metrics before and after. What is wrong is its result, not its failure. */
  'measure-application': {
    readOnly: true,
    parameters: z.strictObject({ HealthUrl: url, MetricsUrl: url, Requests: whole }),
    result: applicationMeasureSchema,
  },
  /** Runs the release's own tests and its data-consistency script as the user that the folder belongs to. Tests leave rows of their own. */
  'test-application': {
    readOnly: false,
    parameters: z.strictObject({ Folder: folder, Tests: testScriptSchema, ConsistencyScript: scriptPath }),
    result: z.strictObject({ tests: ranSchema, consistency: ranSchema }),
  },
} as const satisfies Record<string, DocumentContract>;
