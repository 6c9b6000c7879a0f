import * as z from 'zod';
import { operation } from '../operation';
import { AwsError, NotSimulatedError, type Operation } from '../service';
import { type ControlPlane } from './control-plane';
import {
  copySnapshotSchema,
  createSnapshotSchema,
  existing,
  modifySchema,
  tagRecord,
  tagsSchema,
  untagSchema,
} from './input';
import { described } from './instance';
import { modify } from './modify';
import { dbArn, groupPermissions, requestTags, resourceTags, snapshotArn, tagPermissions } from './permissions';
import { describedSnapshot } from './snapshots';

/** The most tags that a resource can have (RDS guide, Tagging). */
const MOST_TAGS = 50;

/** Changes of instances and their tags, and making snapshots. */
export function changes(plane: ControlPlane): Record<string, Operation> {
  return { ...instanceChanges(plane), ...snapshotChanges(plane), ...tagChanges(plane) };
}

function instanceChanges(plane: ControlPlane): Record<string, Operation> {
  const held = (name: string) => resourceTags('db', plane.instances.get(name)?.tags);
  return {
    ModifyDBInstance: operation(modifySchema, {
      invalid: 'InvalidParameterValue',
      authorize: (input, caller) => [
        {
          action: 'rds:ModifyDBInstance',
          resource: dbArn(caller, input.DBInstanceIdentifier),
          context: held(input.DBInstanceIdentifier),
        },
        ...groupPermissions('rds:ModifyDBInstance', caller, input),
        ...(input.MonitoringRoleArn === undefined
          ? []
          : [
              {
                action: 'iam:PassRole',
                resource: input.MonitoringRoleArn,
                context: { 'iam:PassedToService': 'monitoring.rds.amazonaws.com' },
              },
            ]),
      ],
      perform: (input) => ({ DBInstance: described(modify(plane, input)) }),
    }),
    RebootDBInstance: operation(z.strictObject({ DBInstanceIdentifier: existing }), {
      authorize: ({ DBInstanceIdentifier: name }, caller) => [
        { action: 'rds:RebootDBInstance', resource: dbArn(caller, name), context: held(name) },
      ],
      perform: ({ DBInstanceIdentifier: name }) => {
        const instance = plane.modifiable(name);
        plane.change(instance, { status: 'rebooting' }, () => plane.reboot(instance));
        instance.status = 'rebooting';
        return { DBInstance: described(instance) };
      },
    }),
  };
}

function snapshotChanges(plane: ControlPlane): Record<string, Operation> {
  return {
    CreateDBSnapshot: operation(createSnapshotSchema, {
      invalid: 'InvalidParameterValue',
      authorize: ({ DBInstanceIdentifier: name, DBSnapshotIdentifier, Tags }, caller) => {
        const made = snapshotArn(caller, DBSnapshotIdentifier);
        const context = { ...resourceTags('db', plane.instances.get(name)?.tags), ...requestTags(Tags) };
        return [
          { action: 'rds:CreateDBSnapshot', resource: dbArn(caller, name), context },
          { action: 'rds:CreateDBSnapshot', resource: made, context: requestTags(Tags) },
          ...tagPermissions(made, Tags),
        ];
      },
      perform: ({ DBInstanceIdentifier, DBSnapshotIdentifier, Tags }) => {
        const instance = plane.modifiable(DBInstanceIdentifier);
        const snapshot = plane.beginSnapshot(instance, DBSnapshotIdentifier, tagRecord(Tags));
        return { DBSnapshot: describedSnapshot(snapshot) };
      },
    }),
    CopyDBSnapshot: operation(copySnapshotSchema, {
      invalid: 'InvalidParameterValue',
      authorize: ({ SourceDBSnapshotIdentifier: from, TargetDBSnapshotIdentifier: to, Tags }, caller) => {
        const action = 'rds:CopyDBSnapshot';
        const made = snapshotArn(caller, to);
        const source = plane.snapshots.find(caller.region, from);
        return [
          // The SDK signs a request of the source's region, which is asked for permission there.
          { action, resource: snapshotArn(caller, from), context: resourceTags('snapshot', source?.tags) },
          { action, resource: made, context: requestTags(Tags) },
          ...tagPermissions(made, Tags),
        ];
      },
      perform: ({ SourceDBSnapshotIdentifier, TargetDBSnapshotIdentifier, KmsKeyId, CopyTags, Tags }, { region }) => {
        const source = plane.snapshots.available(region, SourceDBSnapshotIdentifier);
        if (KmsKeyId !== undefined && KmsKeyId !== 'alias/aws/rds')
          throw new NotSimulatedError(`The key ${KmsKeyId} is not simulated, only alias/aws/rds`);
        // Every snapshot here is encrypted, and a key does not leave its region (RDS API, CopyDBSnapshot, KmsKeyId).
        if (KmsKeyId === undefined && source.region !== region)
          throw new AwsError(
            'InvalidParameterCombination',
            'A KmsKeyId of the destination region is required to copy an encrypted snapshot from another region.',
          );
        const tags = new Map([...(CopyTags === true ? source.tags : []), ...tagRecord(Tags)]);
        const copy = plane.snapshots.copy(source, region, TargetDBSnapshotIdentifier, tags);
        return { DBSnapshot: describedSnapshot(copy) };
      },
    }),
  };
}

function tagChanges(plane: ControlPlane): Record<string, Operation> {
  const resource = (arn: string) => {
    const snapshot = plane.snapshots.find('', arn);
    return snapshot === undefined
      ? { kind: 'db' as const, tags: plane.byArn(arn)?.tags }
      : { kind: 'snapshot' as const, tags: snapshot.tags };
  };
  const held = (arn: string) => {
    const { kind, tags } = resource(arn);
    return resourceTags(kind, tags);
  };
  const tagsOf = (arn: string): Map<string, string> => {
    const { tags } = resource(arn);
    if (tags !== undefined) return tags;
    const snapshot = arn.includes(':snapshot:');
    throw snapshot
      ? new AwsError('DBSnapshotNotFoundFault', `DBSnapshot not found: ${arn}`, 404)
      : new AwsError(
          'DBInstanceNotFoundFault',
          `Could not find a DB Instance matching the resource name: '${arn}'`,
          404,
        );
  };
  return {
    AddTagsToResource: operation(tagsSchema, {
      invalid: 'InvalidParameterValue',
      authorize: ({ ResourceName, Tags }) => [
        {
          action: 'rds:AddTagsToResource',
          resource: ResourceName,
          context: { ...held(ResourceName), ...requestTags(Tags) },
        },
      ],
      perform: ({ ResourceName, Tags }) => {
        const tags = tagsOf(ResourceName);
        const after = new Map([...tags, ...tagRecord(Tags)]);
        if (after.size > MOST_TAGS)
          throw new AwsError('InvalidParameterValue', `A resource can have at most ${MOST_TAGS} tags.`);
        for (const [key, value] of after) tags.set(key, value);
        return {};
      },
    }),
    RemoveTagsFromResource: operation(untagSchema, {
      invalid: 'InvalidParameterValue',
      authorize: ({ ResourceName, TagKeys }) => [
        {
          action: 'rds:RemoveTagsFromResource',
          resource: ResourceName,
          context: { ...held(ResourceName), 'aws:TagKeys': TagKeys },
        },
      ],
      perform: ({ ResourceName, TagKeys }) => {
        const tags = tagsOf(ResourceName);
        for (const key of TagKeys) tags.delete(key);
        return {};
      },
    }),
  };
}
