import * as z from 'zod';
import { configurationSchema } from '../../config/schema';
import { examinedSchema, inForceSchema } from '../documents';
import { instant, requestSchema, runRefSchema } from '../run';
import { task } from './task';

/** A version of the configuration: every file as it was stored at one moment. */
export const configurationVersionSchema = z.strictObject({
  /** Its name: the moment at which its last object was written; `backup` for the folder of backups. */
  version: z.string(),
  at: instant,
  /** As documents take it: version=name:object-version,… */
  objects: z.string(),
});
export type ConfigurationVersion = z.infer<typeof configurationVersionSchema>;

export const storedConfigurationSchema = z.strictObject({
  /** Empty where the versions are those of the folder of backups. */
  bucket: z.string(),
  /** Newest first: what can be chosen. */
  candidates: z.array(configurationVersionSchema).min(1).max(8),
  /** Why no others; for the decision. */
  because: z.string(),
  passedOver: z.array(z.strictObject({ choice: z.string(), because: z.string() })).max(20),
});
export type StoredConfiguration = z.infer<typeof storedConfigurationSchema>;

const onHosts = z.array(z.strictObject({ host: z.string(), result: inForceSchema })).min(1);

/** Tasks that find and choose a version of the hosts' configuration; `lambdas/configuration/`. */
export const configurationTasks = {
  'configuration-find': task({
    name: 'configuration-find',
    capability: 'configuration',
    does: "Lists the stored versions of the hosts' configuration that the request and the evidence of health allow, newest first.",
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      configuration: configurationSchema,
      hosts: onHosts,
    }),
    result: storedConfigurationSchema,
    throws: ['EvidenceMissingError', 'ConfigurationMissingError'],
    timeoutSeconds: 60,
  }),
  'configuration-choose': task({
    name: 'configuration-choose',
    capability: 'configuration',
    does: 'Chooses the newest sound version, for a rollback the one before what is in force; records choice, reason and alternatives.',
    arguments: z.strictObject({
      run: runRefSchema,
      request: requestSchema,
      stored: storedConfigurationSchema,
      examined: z.array(examinedSchema).min(1),
      hosts: onHosts,
    }),
    result: z.strictObject({ chosen: configurationVersionSchema, reason: z.string() }),
    throws: ['ConfigurationMissingError', 'RolledBackAlreadyError'],
    timeoutSeconds: 30,
  }),
} as const;
