import { type Caller, type Permission } from '../service';

/** What RDS asks of IAM (Service Authorization Reference, Amazon RDS). */
export const dbArn = (caller: Caller, identifier: string): string =>
  `arn:aws:rds:${caller.region}:${caller.account}:db:${identifier.toLowerCase()}`;
export const snapshotArn = (caller: Caller, identifier: string): string =>
  identifier.startsWith('arn:') ? identifier : `arn:aws:rds:${caller.region}:${caller.account}:snapshot:${identifier}`;

/** The groups that a request names are resources of the call as well. */
export function groupPermissions(
  action: string,
  caller: Caller,
  groups: { readonly [K in 'DBSubnetGroupName' | 'DBParameterGroupName' | 'OptionGroupName']?: string | undefined },
): Permission[] {
  const arn = (kind: string, name: string) => `arn:aws:rds:${caller.region}:${caller.account}:${kind}:${name}`;
  return [
    ...(groups.DBSubnetGroupName === undefined ? [] : [{ action, resource: arn('subgrp', groups.DBSubnetGroupName) }]),
    ...(groups.DBParameterGroupName === undefined
      ? []
      : [{ action, resource: arn('pg', groups.DBParameterGroupName) }]),
    ...(groups.OptionGroupName === undefined ? [] : [{ action, resource: arn('og', groups.OptionGroupName) }]),
  ];
}

/** Tagging what is made needs its own permission; stricter than AWS where its reference is silent. */
export function tagPermissions(
  resource: string,
  tags: readonly { Key: string; Value: string }[] | undefined,
): Permission[] {
  if (tags === undefined || tags.length === 0) return [];
  return [
    {
      action: 'rds:AddTagsToResource',
      resource,
      context: {
        ...Object.fromEntries(tags.map(({ Key, Value }) => [`aws:RequestTag/${Key}`, Value])),
        'aws:TagKeys': tags.map(({ Key }) => Key),
      },
    },
  ];
}
