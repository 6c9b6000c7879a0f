import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { loadDefinition } from '../../../asl';
import { regionalArn } from '../../services/place';
import { nestedRulePermissions } from '../../services/states/integrations';
import { TemplateError } from '../errors';
import { type CreationContext, kind } from './kind';

const deadLetter = z.strictObject({ Arn: z.string() }).optional();
const enabled = z.enum(['ENABLED', 'DISABLED']).default('ENABLED');

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: what a machine's role needs to log, on "*". */
const logDelivery =
  'CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy DescribeResourcePolicies DescribeLogGroups'.split(
    ' ',
  );

/**
 * The definition that is given, as a text or in a file that the stack uploads, with its placeholders filled in.
 * @throws TemplateError where it is not given once, or a placeholder would stay in it as it stands
 */
function definitionOf(
  given: {
    readonly DefinitionString?: string | undefined;
    readonly DefinitionS3Location?: { readonly Key: string } | undefined;
    readonly DefinitionSubstitutions: Readonly<Record<string, string>>;
  },
  { asset, logicalId }: CreationContext,
): string {
  const { DefinitionString: text, DefinitionS3Location: place, DefinitionSubstitutions: substitutions } = given;
  if ((text === undefined) === (place === undefined))
    throw new TemplateError(`${logicalId}: one of DefinitionString and DefinitionS3Location`);
  const stored = place === undefined ? (text ?? '') : readFileSync(asset(place.Key), 'utf8');
  return stored.replace(/\$\{([^}]*)\}/g, (_placeholder, name: string) => {
    const value = Object.hasOwn(substitutions, name) ? substitutions[name] : undefined;
    if (value === undefined) throw new TemplateError(`${logicalId}: DefinitionSubstitutions has no ${name}`);
    return value;
  });
}

export const orchestrationKinds = [
  kind(
    'AWS::CloudFormation::Stack',
    { TemplateURL: z.string(), Parameters: z.record(z.string(), z.string()).default({}) },
    ['Tags'],
    async ({ TemplateURL, Parameters }, context) => {
      const key = new URL(TemplateURL).pathname.split('/').at(-1) ?? '';
      const outputs = await context.nested(context.asset(key), Parameters);
      const attributes = Object.entries(outputs).map(([name, value]) => [`Outputs.${name}`, String(value)] as const);
      const id = `stack/${context.physicalName(128)}/sandbox`;
      return { ref: regionalArn(context.place, 'cloudformation', id), attributes: Object.fromEntries(attributes) };
    },
  ),
  kind(
    'AWS::StepFunctions::StateMachine',
    {
      DefinitionS3Location: z.strictObject({ Bucket: z.string(), Key: z.string() }).optional(),
      DefinitionString: z.string().optional(),
      DefinitionSubstitutions: z.record(z.string(), z.string()).default({}),
      LoggingConfiguration: z.looseObject({ Level: z.string().optional() }).optional(),
      RoleArn: z.string(),
      StateMachineName: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,80}$/)
        .optional(),
      StateMachineType: z.literal('STANDARD').optional(),
    },
    ['Tags', 'TracingConfiguration'],
    (properties, context) => {
      const { LoggingConfiguration, RoleArn } = properties;
      const name = properties.StateMachineName ?? context.physicalName(80);
      const arn = regionalArn(context.place, 'states', `stateMachine:${name}`);
      // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
      const definition = definitionOf(properties, context);
      if (Buffer.byteLength(definition) > 1_048_576) throw new TemplateError(`${context.logicalId}: over 1 MB`);
      const machine = loadDefinition(definition);
      // What CreateStateMachine itself asks of the role.
      const session = { roleArn: RoleArn, name };
      context.roles.assume(RoleArn, 'states.amazonaws.com', { arn, account: context.place.account });
      if (LoggingConfiguration?.Level !== undefined && LoggingConfiguration.Level !== 'OFF') {
        const permissions = logDelivery.map((action) => ({ action: `logs:${action}`, resource: '*' }));
        context.gate.require(session, 'SFN', permissions);
      }
      if (definition.includes(':states:::states:startExecution.sync')) {
        context.gate.require(session, 'SFN', nestedRulePermissions(context.place));
      }
      context.machines.add({ name, arn, roleArn: RoleArn, machine });
      return { ref: arn, attributes: { Arn: arn, Name: name } };
    },
  ),
  kind(
    'AWS::Events::Rule',
    {
      EventBusName: z.literal('default').optional(),
      EventPattern: z.record(z.string(), z.unknown()).optional(),
      Name: z.string().optional(),
      ScheduleExpression: z.string().optional(),
      State: enabled,
      Targets: z
        .array(
          z.strictObject({
            Arn: z.string(),
            Id: z.string(),
            RoleArn: z.string().optional(),
            DeadLetterConfig: deadLetter,
            Input: z.string().optional(),
            InputPath: z.string().optional(),
            InputTransformer: z
              .strictObject({ InputPathsMap: z.record(z.string(), z.string()).default({}), InputTemplate: z.string() })
              .optional(),
            RetryPolicy: z.unknown().optional(),
          }),
        )
        .max(5)
        .default([]),
    },
    ['Description', 'Tags'],
    (properties, context) => {
      const name = properties.Name ?? context.physicalName(64);
      const arn = regionalArn(context.place, 'events', `rule/${name}`);
      context.bus.addRule({
        name,
        arn,
        enabled: properties.State === 'ENABLED',
        pattern: properties.EventPattern,
        schedule: properties.ScheduleExpression,
        targets: properties.Targets.map((target) => ({
          id: target.Id,
          arn: target.Arn,
          roleArn: target.RoleArn,
          deadLetterArn: target.DeadLetterConfig?.Arn,
          input: {
            input: target.Input,
            path: target.InputPath,
            transformer: target.InputTransformer && {
              paths: target.InputTransformer.InputPathsMap,
              template: target.InputTransformer.InputTemplate,
            },
          },
        })),
      });
      return { ref: name, attributes: { Arn: arn } };
    },
  ),
  kind('AWS::Scheduler::ScheduleGroup', { Name: z.string().optional() }, ['Tags'], ({ Name }, context) => {
    const name = Name ?? context.physicalName(64);
    return { ref: name, attributes: { Arn: regionalArn(context.place, 'scheduler', `schedule-group/${name}`) } };
  }),
  kind(
    'AWS::Scheduler::Schedule',
    {
      FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
      GroupName: z.string().default('default'),
      Name: z.string().optional(),
      ScheduleExpression: z.string(),
      ScheduleExpressionTimezone: z.enum(['UTC', 'Etc/UTC']).optional(),
      State: enabled,
      Target: z.strictObject({
        Arn: z.string(),
        RoleArn: z.string(),
        Input: z.string().default('{}'),
        DeadLetterConfig: deadLetter,
        RetryPolicy: z.unknown().optional(),
      }),
    },
    ['Description'],
    ({ GroupName, Name, ScheduleExpression, State, Target }, context) => {
      const name = Name ?? context.physicalName(64);
      const arn = regionalArn(context.place, 'scheduler', `schedule/${GroupName}/${name}`);
      context.schedules.add({
        name,
        arn,
        groupArn: regionalArn(context.place, 'scheduler', `schedule-group/${GroupName}`),
        enabled: State === 'ENABLED',
        expression: ScheduleExpression,
        target: {
          arn: Target.Arn,
          roleArn: Target.RoleArn,
          input: Target.Input,
          deadLetterArn: Target.DeadLetterConfig?.Arn,
        },
      });
      return { ref: name, attributes: { Arn: arn } };
    },
  ),
];
