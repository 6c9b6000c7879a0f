import * as z from 'zod';
import { environmentSchema, hostsSchema } from '../../config/schema';
import { documentNameSchema } from '../documents';
import { runRefSchema } from '../run';
import { task } from './task';

/** Tasks that find hosts and run documents on them; `lambdas/hosts/`. */
export const hostTasks = {
  'hosts-find': task({
    name: 'hosts-find',
    capability: 'hosts',
    does: 'Finds the hosts by their tag; all of them have to be online with an agent that is new enough, unless the description says to go on without one that is offline.',
    arguments: z.strictObject({
      /** Whose decision it is to go on without a host; without it none is left out. */
      run: runRefSchema.optional(),
      hosts: hostsSchema,
    }),
    result: z.strictObject({
      hosts: z.array(z.string()).min(1),
      /** Those that are offline, where the description says to go on without them. */
      leftOut: z.array(z.string()).default([]),
    }),
    throws: ['HostOfflineError', 'AgentTooOldError'],
    timeoutSeconds: 30,
  }),
  'hosts-compare': task({
    name: 'hosts-compare',
    capability: 'hosts',
    does: 'Holds the hosts that there are now against those that the run found when it began, and fails by name where one has come meanwhile.',
    arguments: z.strictObject({
      group: environmentSchema.shape.autoScalingGroup,
      tag: hostsSchema.shape.tag,
      /** Those that the run is about. */
      hosts: z.array(z.string()).min(1),
      /** Those that were offline, and that it goes on without. */
      leftOut: z.array(z.string()),
      /** Number of the launch template's version that boots what the run brings: a host of it may have come. Null for none. */
      mayBoot: z.string().nullable(),
    }),
    /** Hosts of `mayBoot` that have come. */
    result: z.strictObject({ joined: z.array(z.string()) }),
    throws: ['HostsChangedError'],
    timeoutSeconds: 30,
  }),
  'document-send': task({
    name: 'document-send',
    capability: 'hosts',
    does: 'Sends one document to hosts; a repeated call with the same key finds the command that the first one sent.',
    arguments: z.strictObject({
      /** Null for what belongs to no run (the integrity probe). */
      run: runRefSchema.nullable(),
      /** Unique in the run, or for the probe the execution's name. */
      key: z.string().min(1).max(80),
      document: documentNameSchema,
      hosts: z.array(z.string()).min(1).max(50),
      parameters: z.record(z.string(), z.string()),
      /** How long the script may run, seconds. */
      executionTimeoutSeconds: z.number().int().min(5).max(172800),
    }),
    result: z.strictObject({ commandId: z.string() }),
    throws: ['HostOfflineError', 'LeaseLostError', 'ChangeStateError'],
    timeoutSeconds: 30,
  }),
  'document-await': task({
    name: 'document-await',
    capability: 'hosts',
    does: "Asks for the document's end on every host and parses each one's result.",
    arguments: z.strictObject({
      document: documentNameSchema,
      commandId: z.string(),
      hosts: z.array(z.string()).min(1),
    }),
    /** `results` is complete once `done`; each `result` has been parsed by the document's schema. */
    result: z.strictObject({
      done: z.boolean(),
      results: z.array(z.strictObject({ host: z.string(), result: z.unknown() })),
    }),
    throws: [
      'DocumentFailedError',
      'DocumentTimedOutError',
      'HostSilentError',
      'DatabaseUnreachableError',
      'FenceFailedError',
      'ApplicationUnhealthyError',
      'ConfigurationInvalidError',
      'CertificateExpiredError',
      'CertificateKeyMismatchError',
      'WebServerRefusedError',
      'RecoverySourceMissingError',
      'MajorVersionError',
      'DiskTooSmallError',
      'ChangeConflictError',
      'SessionsRemainError',
      'SnapshotUnsoundError',
      'VolumeBusyError',
      'VolumeFullError',
      'FileSystemDamagedError',
      'ReleaseMissingError',
      'BuildFailedError',
      'DiskFullError',
      'ReplicaBehindError',
    ],
    timeoutSeconds: 30,
  }),
} as const;
