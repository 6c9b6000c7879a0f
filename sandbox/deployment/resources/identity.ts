import { createHash } from 'node:crypto';
import * as z from 'zod';
import { managedPolicy, parsePolicy } from '../../identity';
import { globalArn, regionalArn } from '../../services/place';
import { kind } from './kind';

const document = z.record(z.string(), z.unknown());

export const identityKinds = [
  kind(
    'AWS::IAM::Role',
    {
      AssumeRolePolicyDocument: document,
      ManagedPolicyArns: z.array(z.string()).default([]),
      Path: z.string().default('/'),
      Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: document })).default([]),
      RoleName: z.string().optional(),
    },
    ['Description', 'MaxSessionDuration', 'Tags'],
    (properties, context) => {
      const name = properties.RoleName ?? context.physicalName(64);
      const arn = globalArn(context.place, 'iam', `role${properties.Path}${name}`);
      context.roles.add({
        arn,
        name,
        trust: parsePolicy(`trust policy of ${context.logicalId}`, properties.AssumeRolePolicyDocument, 'trust'),
        policies: [
          ...properties.ManagedPolicyArns.map((policy) => context.managedPolicies.get(policy) ?? managedPolicy(policy)),
          ...properties.Policies.map(({ PolicyName, PolicyDocument }) =>
            parsePolicy(PolicyName, PolicyDocument, 'identity'),
          ),
        ],
      });
      return { ref: name, attributes: { Arn: arn, RoleId: `AROA${digest(arn).slice(0, 16)}` } };
    },
  ),
  kind(
    'AWS::IAM::Policy',
    { PolicyDocument: document, PolicyName: z.string(), Roles: z.array(z.string()).min(1) },
    [],
    ({ PolicyDocument, PolicyName, Roles }, context) => {
      const policy = parsePolicy(PolicyName, PolicyDocument, 'identity');
      for (const role of Roles) context.roles.attach(role, policy);
      return { ref: PolicyName, attributes: {} };
    },
  ),
  kind(
    'AWS::IAM::ManagedPolicy',
    {
      PolicyDocument: document,
      ManagedPolicyName: z.string().optional(),
      Path: z.string().default('/'),
      Roles: z.array(z.string()).default([]),
    },
    ['Description'],
    ({ PolicyDocument, ManagedPolicyName, Path, Roles }, context) => {
      const name = ManagedPolicyName ?? context.physicalName(128);
      const arn = globalArn(context.place, 'iam', `policy${Path}${name}`);
      const policy = parsePolicy(name, PolicyDocument, 'identity');
      context.managedPolicies.set(arn, policy);
      for (const role of Roles) context.roles.attach(role, policy);
      return { ref: arn, attributes: { PolicyArn: arn } };
    },
  ),
  kind(
    'AWS::KMS::Key',
    { KeyPolicy: document, Enabled: z.literal(true).optional(), KeySpec: z.literal('SYMMETRIC_DEFAULT').optional() },
    ['Description', 'EnableKeyRotation', 'RotationPeriodInDays', 'PendingWindowInDays', 'Tags'],
    ({ KeyPolicy }, context) => {
      const hex = digest(context.physicalName(128)).toLowerCase();
      const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
      const arn = regionalArn(context.place, 'kms', `key/${id}`);
      const written = parsePolicy(`key policy of ${context.logicalId}`, KeyPolicy, 'resource');
      // In a key's policy "*" is the key that it is on.
      context.gate.setResourcePolicy(arn, written, true);
      context.keys.push({ id, arn, aliases: [] });
      return { ref: id, attributes: { Arn: arn, KeyId: id } };
    },
  ),
  kind('AWS::KMS::Alias', { AliasName: z.string(), TargetKeyId: z.string() }, [], (properties, context) => {
    const { AliasName, TargetKeyId } = properties;
    context.keys.find(({ id, arn }) => id === TargetKeyId || arn === TargetKeyId)?.aliases.push(AliasName);
    return { ref: AliasName, attributes: {} };
  }),
];

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').toUpperCase();
