import * as z from 'zod';
import { folder, serviceList, url, whole, type DocumentContract } from './document';

const unitState = z.strictObject({ name: z.string(), was: z.string(), is: z.string() });

/** Documents about a host and its services. */
export const hostDocuments = {
  /** Readiness: the services' states, the tools the other documents need, free disk. Changes nothing. */
  'inspect-host': {
    readOnly: true,
    parameters: z.strictObject({ Services: serviceList, Folder: folder }),
    result: z.strictObject({
      services: z.record(z.string(), z.string()),
      release: z.string(),
      freeMegabytes: z.number(),
      missingTools: z.array(z.string()),
    }),
  },
  /** Stops units in the order given and proves that each is stopped. */
  'stop-services': {
    readOnly: false,
    parameters: z.strictObject({ Services: serviceList }),
    result: z.strictObject({ services: z.array(unitState) }),
  },
  /** Starts units in the order given and proves that each is active. */
  'start-services': {
    readOnly: false,
    parameters: z.strictObject({ Services: serviceList }),
    result: z.strictObject({ services: z.array(unitState) }),
  },
  /** Asks the application's health address on the host itself until it answers 200 or the attempts are used up (exit 9). */
  'check-health': {
    readOnly: true,
    parameters: z.strictObject({ HealthUrl: url, Attempts: whole, SecondsBetween: whole }),
    result: z.strictObject({ status: z.number().int(), attempts: z.number().int(), seconds: z.number() }),
  },
} as const satisfies Record<string, DocumentContract>;
