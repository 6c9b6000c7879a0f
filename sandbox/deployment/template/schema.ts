import * as z from 'zod';

const retention = z.enum(['Retain', 'Delete', 'Snapshot', 'RetainExceptOnCreate']);

export const resourceSchema = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DependsOn: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat())
    .default([]),
  Condition: z.string().optional(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
  UpdateReplacePolicy: retention.optional(),
  DeletionPolicy: retention.optional(),
});
export type ResourceDeclaration = z.infer<typeof resourceSchema>;

/** A template as the CDK writes it; a section that is not simulated (Transform, Hooks) is refused by name. */
export const templateSchema = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
  Parameters: z
    .record(
      z.string(),
      z.strictObject({
        Type: z.string(),
        Default: z.union([z.string(), z.number()]).optional(),
        Description: z.string().optional(),
        NoEcho: z.boolean().optional(),
        AllowedValues: z.array(z.string()).optional(),
        AllowedPattern: z.string().optional(),
      }),
    )
    .default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z
    .record(
      z.string(),
      z.strictObject({
        Value: z.unknown(),
        Description: z.string().optional(),
        Export: z.unknown().optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
  /** The CDK's own check of its bootstrap version; there is no bootstrap stack in a sandbox. */
  Rules: z.strictObject({ CheckBootstrapVersion: z.unknown().optional() }).optional(),
});
export type Template = z.infer<typeof templateSchema>;
