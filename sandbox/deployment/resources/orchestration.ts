import * as z from 'zod';
import { loadDefinition } from '../../../asl';
import { regionalArn } from '../../services/place';
import { nestedRulePermissions } from '../../services/states/integrations';
import { TemplateError } from '../errors';
import { kind } from './kind';

const deadLetter = z.strictObject({ Arn: z.string() }).optional();
const enabled = z.enum(['ENABLED', 'DISABLED']).default('ENABLED');

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: what a machine's role needs to log, on "*". */
const logDelivery =
  'CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy DescribeResourcePolicies DescribeLogGroups'.split(
    ' ',
  );

export const orchestrationKinds = [
  kind(
    'AWS::StepFunctions::StateMachine',
    {
      DefinitionString: z.string(),
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
      const { DefinitionString, LoggingConfiguration, RoleArn } = properties;
      const name = properties.StateMachineName ?? context.physicalName(80);
      const arn = regionalArn(context.place, 'states', `stateMachine:${name}`);
      // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
      if (Buffer.byteLength(DefinitionString) > 1_048_576) throw new TemplateError(`${context.logicalId}: over 1 MB`);
      const machine = loadDefinition(DefinitionString);
      // What CreateStateMachine itself asks of the role.
      const session = { roleArn: RoleArn, name };
      context.roles.assume(RoleArn, 'states.amazonaws.com', { arn, account: context.place.account });
      if (LoggingConfiguration?.Level !== undefined && LoggingConfiguration.Level !== 'OFF') {
        const permissions = logDelivery.map((action) => ({ action: `logs:${action}`, resource: '*' }));
        context.gate.require(session, 'SFN', permissions);
      }
      if (DefinitionString.includes(':states:::states:startExecution.sync')) {
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
