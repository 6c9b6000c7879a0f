import * as z from 'zod';
import { configurationDocuments, inForceSchema } from '../documents/configuration';
import { hostIds } from './hosts';
import type { ChangeKindContract } from './kind';

const placing = configurationDocuments['place-configuration'].parameters;

/** Changes of the files that configure the hosts. */
export const configurationChanges = {
  /** A version of every file on some hosts. A host on which it does not come to health puts it back itself. */
  configuration: {
    lifted: 'until-confirmed',
    throws: [
      'ApplicationUnhealthyError',
      'DocumentFailedError',
      'DocumentTimedOutError',
      'HostSilentError',
      'HostOfflineError',
    ],
    target: z.strictObject({
      hosts: hostIds,
      version: z.string(),
      /** As `place-configuration` takes them. */
      parameters: placing.omit({ Run: true, Expires: true, Attempts: true, SecondsBetween: true }),
      expiresInDays: z.number().int(),
    }),
    before: z.strictObject({
      /** By host and file: hash, mode and owner. */
      inForce: z.record(z.string(), inForceSchema.shape.files),
      /** The folder on each host with the replaced files. */
      kept: z.string(),
    }),
  },
} as const satisfies Record<string, ChangeKindContract>;
