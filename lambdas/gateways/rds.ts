import {
  AddTagsToResourceCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  RDSClient,
  RebootDBInstanceCommand,
  RemoveTagsFromResourceCommand,
  type DBInstance,
  type ModifyDBInstanceCommandInput,
} from '@aws-sdk/client-rds';
import * as z from 'zod';
import type { InstanceSettings } from '../../contract/changes';
import { AwsRefusedError, ServiceUnavailableError } from '../../contract/errors';
import { parse } from '../runtime/parse';
import { callAws, isAwsError } from './aws-errors';
import { client } from './clients';
import { carriedTags, modification, settingsOf, tagList, tagsOf, type Tags } from './rds-settings';

/** RDS: instances. Restores are in rds-restore.ts, backups in rds-backups.ts. */

/** An instance as DescribeDBInstances describes it. */
export interface Instance {
  readonly identifier: string;
  readonly arn: string;
  /** Names the instance for ever, whatever it is called: its automated backups go by it. */
  readonly resourceId: string;
  readonly status: string;
  /** Null until RDS has given it one. */
  readonly endpoint: { readonly address: string; readonly port: number } | null;
  readonly latestRestorable: string | null;
  /** All tags, Lifeboat's own and AWS's as well. */
  readonly tags: Tags;
  /** Names of the changes which RDS has taken and not made yet. */
  readonly pending: readonly string[];
  /** `in-sync`, `pending-reboot`, `applying`. */
  readonly parameterStatus: string;
  readonly securityGroups: readonly { readonly id: string; readonly status: string }[];
  /** ARN (or, in one region, identifier) of the instance that this one is a replica of; null where it is none. */
  readonly follows: string | null;
  /** Null while RDS does not say all of them. */
  readonly settings: InstanceSettings | null;
}

const describedSchema = z.object({
  DBInstanceIdentifier: z.string(),
  DBInstanceArn: z.string(),
  DbiResourceId: z.string(),
  DBInstanceStatus: z.string(),
  Endpoint: z.object({ Address: z.string().optional(), Port: z.number().optional() }).optional(),
  LatestRestorableTime: z.date().optional(),
  ReadReplicaSourceDBInstanceIdentifier: z.string().optional(),
  PendingModifiedValues: z.record(z.string(), z.unknown()).default({}),
  DBParameterGroups: z.array(z.object({ ParameterApplyStatus: z.string() })).default([]),
  VpcSecurityGroups: z.array(z.object({ VpcSecurityGroupId: z.string(), Status: z.string() })).default([]),
});

/** RDS's answer in our words; a field that must be there and is not is a ContractViolationError. */
export function instanceOf(described: DBInstance): Instance {
  const it = parse(describedSchema, described, 'an instance of DescribeDBInstances');
  const { Address: address, Port: port } = it.Endpoint ?? {};
  return {
    identifier: it.DBInstanceIdentifier,
    arn: it.DBInstanceArn,
    resourceId: it.DbiResourceId,
    status: it.DBInstanceStatus,
    endpoint: address === undefined || port === undefined ? null : { address, port },
    latestRestorable: it.LatestRestorableTime?.toISOString() ?? null,
    tags: tagsOf(described.TagList),
    pending: Object.entries(it.PendingModifiedValues).flatMap(([name, value]) => (value === undefined ? [] : [name])),
    parameterStatus: it.DBParameterGroups[0]?.ParameterApplyStatus ?? 'in-sync',
    securityGroups: it.VpcSecurityGroups.map((group) => ({ id: group.VpcSecurityGroupId, status: group.Status })),
    follows: it.ReadReplicaSourceDBInstanceIdentifier ?? null,
    settings: settingsOf(described),
  };
}

const rds = (region?: string) => client(RDSClient, region === undefined ? {} : { region });
/** A region that is lost gives no answer at all; nobody waits for it longer than this, milliseconds. */
const ELSEWHERE_MS = 10_000;

/**
 * The instance of that identifier, or null where there is none (RDS DescribeDBInstances).
 * @param region where it is; without it, the function's own
 * @throws AccessDeniedError, AwsRefusedError, ThrottledError, ServiceUnavailableError
 */
export async function describeInstance(identifier: string, region?: string): Promise<Instance | null> {
  const answer = await callAws(
    `rds:DescribeDBInstances ${identifier}`,
    async () => {
      try {
        return await rds(region).send(
          new DescribeDBInstancesCommand({ DBInstanceIdentifier: identifier }),
          region === undefined ? {} : { abortSignal: AbortSignal.timeout(ELSEWHERE_MS) },
        );
      } catch (error) {
        if (isAwsError(error, 'DBInstanceNotFoundFault')) return null;
        throw error;
      }
    },
    {
      AbortError: (cause) =>
        new ServiceUnavailableError(`RDS in ${region ?? 'this region'} does not answer.`, { cause }),
    },
  );
  const described = answer?.DBInstances?.[0];
  return described === undefined ? null : instanceOf(described);
}

/**
 * The instance of that identifier, which has to be there (RDS DescribeDBInstances).
 * @throws AwsRefusedError where there is none
 */
export async function requireInstance(identifier: string, region?: string): Promise<Instance> {
  const instance = await describeInstance(identifier, region);
  if (instance === null) throw new AwsRefusedError(`RDS has no instance ${identifier}.`);
  return instance;
}

/** The settings of an instance that has to have all of them. @throws ServiceUnavailableError while RDS leaves some out */
export function requireSettings(instance: Instance): InstanceSettings {
  if (instance.settings === null) {
    throw new ServiceUnavailableError(
      `RDS does not say all settings of ${instance.identifier} yet (status ${instance.status}).`,
    );
  }
  return instance.settings;
}

/**
 * The instance with that endpoint, or null (RDS DescribeDBInstances, all pages).
 * @param address a name without the last dot, any case
 */
export async function findInstanceByEndpoint(address: string): Promise<Instance | null> {
  let marker: string | undefined;
  do {
    const page = await callAws('rds:DescribeDBInstances', () =>
      client(RDSClient).send(new DescribeDBInstancesCommand(marker === undefined ? {} : { Marker: marker })),
    );
    const found = page.DBInstances?.find((each) => each.Endpoint?.Address?.toLowerCase() === address.toLowerCase());
    if (found !== undefined) return instanceOf(found);
    marker = page.Marker;
  } while (marker !== undefined);
  return null;
}

/** Statuses in which RDS takes a modification; in others it waits or refuses (RDS User Guide, instance status). */
const modifiable: readonly string[] = ['available', 'storage-optimization'];
export const isModifiable = (instance: Instance): boolean => modifiable.includes(instance.status);

/** An instance that is busy with something else, for minutes: a change that can wait is asked for again. */
export class InstanceBusyError extends ServiceUnavailableError {}

/** RDS ModifyDBInstance, at once. @throws InstanceBusyError where RDS does not take it in the instance's present state */
async function modify(
  identifier: string,
  change: Partial<ModifyDBInstanceCommandInput>,
  region?: string,
): Promise<void> {
  await callAws(
    `rds:ModifyDBInstance ${identifier}`,
    () =>
      rds(region).send(
        new ModifyDBInstanceCommand({ ...change, DBInstanceIdentifier: identifier, ApplyImmediately: true }),
      ),
    {
      InvalidDBInstanceStateFault: (cause) =>
        new InstanceBusyError(`RDS cannot modify ${identifier} in its present state.`, { cause }),
    },
  );
}

/**
 * Makes a change of an instance unless it is busy; RDS backs up right after a restore, for longer than a call is repeated.
 * @returns whether it was made
 */
export async function unlessBusy(change: () => Promise<void>): Promise<boolean> {
  try {
    await change();
    return true;
  } catch (error) {
    if (error instanceof InstanceBusyError) return false;
    throw error;
  }
}

/**
 * Makes `wanted` of `actual`: tags and whatever ModifyDBInstance can change; nothing is called for what is equal already
 * (RDS ModifyDBInstance, AddTagsToResource, RemoveTagsFromResource).
 * @throws ServiceUnavailableError while the instance is busy
 */
export async function changeSettings(instance: Instance, wanted: InstanceSettings): Promise<void> {
  const actual = requireSettings(instance);
  const tags = carriedTags(wanted.Tags);
  const surplus = Object.keys(actual.Tags).filter((key) => !(key in tags));
  const missing = Object.entries(tags).filter(([key, value]) => actual.Tags[key] !== value);
  if (surplus.length > 0) await untag(instance.arn, surplus);
  if (missing.length > 0) await tag(instance.arn, Object.fromEntries(missing));
  const change = modification(wanted, actual);
  if (Object.keys(change).length > 0) await modify(instance.identifier, change);
}

/** RDS ModifyDBInstance VpcSecurityGroupIds. @throws ServiceUnavailableError while the instance is busy */
export async function setSecurityGroups(identifier: string, groups: readonly string[], region?: string): Promise<void> {
  await modify(identifier, { VpcSecurityGroupIds: [...groups] }, region);
}

/** RDS ModifyDBInstance MasterUserPassword. The password is not in any message. */
export async function setMasterPassword(identifier: string, password: string): Promise<void> {
  await modify(identifier, { MasterUserPassword: password });
}

/** RDS ModifyDBInstance DeletionProtection. */
export async function setDeletionProtection(identifier: string, on: boolean): Promise<void> {
  await modify(identifier, { DeletionProtection: on });
}

/** RDS ModifyDBInstance NewDBInstanceIdentifier; the instance reboots. */
export async function renameInstance(from: string, to: string): Promise<void> {
  await modify(from, { NewDBInstanceIdentifier: to });
}

/** RDS RebootDBInstance, for parameters that wait for it. */
export async function rebootInstance(identifier: string): Promise<void> {
  await callAws(
    `rds:RebootDBInstance ${identifier}`,
    () => client(RDSClient).send(new RebootDBInstanceCommand({ DBInstanceIdentifier: identifier })),
    {
      InvalidDBInstanceStateFault: (cause) =>
        new ServiceUnavailableError(`RDS cannot reboot ${identifier} in its present state.`, { cause }),
    },
  );
}

/** RDS AddTagsToResource: sets the tags given and leaves the others. */
export async function tag(arn: string, tags: Tags): Promise<void> {
  await callAws(`rds:AddTagsToResource ${arn}`, () =>
    client(RDSClient).send(new AddTagsToResourceCommand({ ResourceName: arn, Tags: tagList(tags) })),
  );
}

/** RDS RemoveTagsFromResource. */
export async function untag(arn: string, keys: readonly string[]): Promise<void> {
  await callAws(`rds:RemoveTagsFromResource ${arn}`, () =>
    client(RDSClient).send(new RemoveTagsFromResourceCommand({ ResourceName: arn, TagKeys: [...keys] })),
  );
}
