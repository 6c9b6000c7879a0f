import * as z from 'zod';
import { parsePolicy } from '../../identity';
import { regionalArn } from '../../services/place';
import { CommandDocument } from '../../services/ssm/document';
import { TemplateError } from '../errors';
import { customerKey, kind } from './kind';

const attributes = z.array(z.strictObject({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }));
const keySchema = z.array(z.strictObject({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const index = z.strictObject({
  IndexName: z.string().min(3),
  KeySchema: keySchema,
  Projection: z.strictObject({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: z.array(z.string()).optional(),
  }),
});
const table = {
  AttributeDefinitions: attributes,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  GlobalSecondaryIndexes: z.array(index).min(1).optional(),
  KeySchema: keySchema,
  LocalSecondaryIndexes: z.array(index).min(1).optional(),
  TableName: z.string().optional(),
};
const encryption = {
  SSEEnabled: z.boolean().optional(),
  SSEType: z.literal('KMS').optional(),
  KMSMasterKeyId: z.string().optional(),
};

export const storageKinds = [
  kind(
    'AWS::DynamoDB::Table',
    { ...table, SSESpecification: z.strictObject(encryption).default({}) },
    ['DeletionProtectionEnabled', 'PointInTimeRecoverySpecification', 'TableClass', 'Tags', 'TimeToLiveSpecification'],
    async ({ SSESpecification, TableName, ...given }, context) => {
      const name = TableName ?? context.physicalName(255);
      const keyArn = customerKey(SSESpecification.KMSMasterKeyId, context);
      const arn = await context.tables.create({ ...given, TableName: name }, keyArn);
      return { ref: name, attributes: { Arn: arn } };
    },
  ),
  kind(
    'AWS::DynamoDB::GlobalTable',
    {
      ...table,
      SSESpecification: z.strictObject({ SSEEnabled: z.boolean(), SSEType: z.literal('KMS').optional() }).optional(),
      Replicas: z.tuple([
        z.strictObject({
          Region: z.string(),
          SSESpecification: z.strictObject({ KMSMasterKeyId: z.string() }).optional(),
          DeletionProtectionEnabled: z.unknown().optional(),
          ContributorInsightsSpecification: z.unknown().optional(),
          GlobalSecondaryIndexes: z.array(z.strictObject({ IndexName: z.string() })).optional(),
          PointInTimeRecoverySpecification: z.unknown().optional(),
          TableClass: z.unknown().optional(),
          Tags: z.unknown().optional(),
        }),
      ]),
    },
    ['TimeToLiveSpecification'],
    async ({ Replicas: [replica], SSESpecification: _, TableName, ...given }, context) => {
      if (replica.Region !== context.place.region) throw new TemplateError(`${context.logicalId}: a replica elsewhere`);
      const name = TableName ?? context.physicalName(255);
      const keyArn = customerKey(replica.SSESpecification?.KMSMasterKeyId, context);
      const arn = await context.tables.create({ ...given, TableName: name }, keyArn);
      return { ref: name, attributes: { Arn: arn } };
    },
  ),
  kind(
    'AWS::S3::Bucket',
    {
      BucketName: z.string().optional(),
      BucketEncryption: z
        .strictObject({
          ServerSideEncryptionConfiguration: z.tuple([
            z.strictObject({
              BucketKeyEnabled: z.boolean().optional(),
              ServerSideEncryptionByDefault: z.strictObject({
                SSEAlgorithm: z.enum(['AES256', 'aws:kms']),
                KMSMasterKeyID: z.string().optional(),
              }),
            }),
          ]),
        })
        .optional(),
      VersioningConfiguration: z.strictObject({ Status: z.enum(['Enabled', 'Suspended']) }).optional(),
    },
    [
      'AccessControl',
      'LifecycleConfiguration',
      'LoggingConfiguration',
      'ObjectLockConfiguration',
      'ObjectLockEnabled',
      'OwnershipControls',
      'PublicAccessBlockConfiguration',
      'Tags',
    ],
    ({ BucketName, BucketEncryption, VersioningConfiguration }, context) => {
      const name = BucketName ?? context.physicalName(63, true);
      const arn = `arn:${context.place.partition}:s3:::${name}`;
      const rule = BucketEncryption?.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault;
      context.buckets.add({
        name,
        arn,
        versioned: VersioningConfiguration?.Status === 'Enabled',
        keyArn: customerKey(rule?.KMSMasterKeyID, context),
      });
      const domain = `${name}.s3.amazonaws.com`;
      const regionalDomain = `${name}.s3.${context.place.region}.amazonaws.com`;
      return { ref: name, attributes: { Arn: arn, DomainName: domain, RegionalDomainName: regionalDomain } };
    },
  ),
  kind(
    'AWS::S3::BucketPolicy',
    { Bucket: z.string(), PolicyDocument: z.record(z.string(), z.unknown()) },
    [],
    ({ Bucket, PolicyDocument }, context) => {
      const policy = parsePolicy(`bucket policy of ${Bucket}`, PolicyDocument, 'resource');
      context.gate.setResourcePolicy(`arn:${context.place.partition}:s3:::${Bucket}`, policy);
      return { ref: Bucket, attributes: {} };
    },
  ),
  kind(
    'AWS::SSM::Parameter',
    {
      AllowedPattern: z.string().optional(),
      DataType: z.literal('text').optional(),
      Name: z
        .string()
        .regex(/^[A-Za-z0-9_./-]+$/)
        .optional(),
      Tier: z.enum(['Standard', 'Advanced', 'Intelligent-Tiering']).default('Standard'),
      Type: z.enum(['String', 'StringList']),
      Value: z.string().min(1),
    },
    ['Description', 'Tags'],
    ({ AllowedPattern, Name, Tier, Type, Value }, context) => {
      const name = Name ?? `CFN-${context.logicalId}-${context.physicalName(60)}`;
      // https://docs.aws.amazon.com/general/latest/gr/ssm.html: 4 KB, advanced 8 KB.
      const limit = Tier === 'Standard' ? 4096 : 8192;
      const bytes = Buffer.byteLength(Value);
      if (bytes > limit) throw new TemplateError(`${context.logicalId}: ${bytes} bytes, over the ${limit} of ${Tier}`);
      if (AllowedPattern !== undefined && !new RegExp(AllowedPattern).test(Value)) {
        throw new TemplateError(`${context.logicalId}: the value does not match its AllowedPattern`);
      }
      context.systems.putParameter(name, Value, Type);
      return { ref: name, attributes: { Type, Value } };
    },
  ),
  kind(
    'AWS::SSM::Document',
    {
      Content: z.record(z.string(), z.unknown()),
      DocumentType: z.literal('Command'),
      Name: z.string().optional(),
      TargetType: z.literal('/AWS::EC2::Instance').optional(),
    },
    ['DocumentFormat', 'Tags', 'UpdateMethod', 'VersionName'],
    ({ Content, Name }, context) => {
      const name = Name ?? context.physicalName(128);
      // https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html: 64 KB.
      if (Buffer.byteLength(JSON.stringify(Content)) > 65_536)
        throw new TemplateError(`${context.logicalId}: over 64 KB`);
      context.systems.addDocument(new CommandDocument(name, Content));
      return { ref: name, attributes: { Arn: regionalArn(context.place, 'ssm', `document/${name}`) } };
    },
  ),
];
