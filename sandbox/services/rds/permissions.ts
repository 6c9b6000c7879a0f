import { type Caller, type Permission } from '../service';
import { defaultGroups } from './attributes';

/** What RDS asks of IAM (Service Authorization Reference, Amazon RDS). */
export const dbArn = (caller: Caller, identifier: string): string =>
  `arn:aws:rds:${caller.region}:${caller.account}:db:${identifier.toLowerCase()}`;
export const snapshotArn = (caller: Caller, identifier: string): string =>
  identifier.startsWith('arn:') ? identifier : `arn:aws:rds:${caller.region}:${caller.account}:snapshot:${identifier}`;

interface Groups {
  readonly DBSubnetGroupName?: string | undefined;
  readonly DBParameterGroupName?: string | undefined;
  readonly OptionGroupName?: string | undefined;
}

/** The groups that a modification names are resources of the call as well. */
export function groupPermissions(action: string, caller: Caller, groups: Groups): Permission[] {
  const named = [
    ['subgrp', groups.DBSubnetGroupName],
    ['pg', groups.DBParameterGroupName],
    ['og', groups.OptionGroupName],
  ] as const;
  return named.flatMap(([kind, name]) =>
    name === undefined ? [] : [{ action, resource: `arn:aws:rds:${caller.region}:${caller.account}:${kind}:${name}` }],
  );
}

/** A restore always has groups: the reference requires all three, and what is not named is the default. */
export function restoreGroupPermissions(action: string, caller: Caller, groups: Groups, major: number): Permission[] {
  const fallen = defaultGroups(major);
  return groupPermissions(action, caller, {
    DBSubnetGroupName: groups.DBSubnetGroupName ?? fallen.DBSubnetGroupName,
    DBParameterGroupName: groups.DBParameterGroupName ?? fallen.DBParameterGroupName,
    OptionGroupName: groups.OptionGroupName ?? fallen.OptionGroupName,
  });
}

type Context = NonNullable<Permission['context']>;
interface Tag {
  readonly Key: string;
  readonly Value: string;
}

const family = (prefix: string, tags: readonly Tag[]): Context => ({
  [`${prefix}/`]: [],
  ...Object.fromEntries(tags.map(({ Key, Value }) => [`${prefix}/${Key}`, Value])),
});

/** Tags that a request brings. */
export const requestTags = (tags: readonly Tag[] = []): Context => ({
  ...family('aws:RequestTag', tags),
  ...family('rds:req-tag', tags),
  'aws:TagKeys': tags.map(({ Key }) => Key),
});

/** Tags that a resource has. */
export const resourceTags = (kind: 'db' | 'snapshot', tags: ReadonlyMap<string, string> | undefined): Context => {
  const list = [...(tags ?? [])].map(([Key, Value]) => ({ Key, Value }));
  return { ...family('aws:ResourceTag', list), ...family(`rds:${kind}-tag`, list) };
};

/** Tagging what is made needs its own permission; stricter than AWS where its reference is silent. */
export function tagPermissions(resource: string, tags: readonly Tag[] | undefined): Permission[] {
  if (tags === undefined || tags.length === 0) return [];
  return [{ action: 'rds:AddTagsToResource', resource, context: requestTags(tags) }];
}
