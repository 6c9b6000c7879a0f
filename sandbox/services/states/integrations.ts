import * as z from 'zod';
import { type Json, StateError, type TaskContext, type TaskHandler } from '../../../asl';
import { type CallLog, type Gate } from '../../identity';
import { type Functions } from '../lambda/functions';
import { type Place, regionalArn } from '../place';
import { AwsError, NotSimulatedError, type Permission, type SimulatedService } from '../service';
import { describedForParent } from './describe';
import { type StateMachines } from './machines';

const invoke = z.strictObject({
  FunctionName: z.string(),
  Payload: z.unknown(),
  InvocationType: z.literal('RequestResponse').optional(),
});
const start = z.strictObject({
  StateMachineArn: z.string(),
  Name: z.string().optional(),
  Input: z.unknown().optional(),
});

/** The rule through which Step Functions hears of the end of a nested execution. */
const NESTED_RULE = 'rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';

/** What the role of a machine with `startExecution.sync:2` needs for the managed rule; AWS asks when the machine is made. */
export function nestedRulePermissions(place: Place): Permission[] {
  const resource = regionalArn(place, 'events', NESTED_RULE);
  return ['PutTargets', 'PutRule', 'DescribeRule'].map((action) => ({ action: `events:${action}`, resource }));
}

interface Parts {
  readonly place: Place;
  readonly gate: Gate;
  readonly log: CallLog;
  readonly functions: Functions;
  readonly machines: StateMachines;
  readonly topics: SimulatedService;
  readonly iam: SimulatedService;
}

/** Does the tasks of state machines, under the machine's role: functions, nested machines, messages. */
export function taskHandler(parts: Parts): TaskHandler {
  return async (resource, taskArguments, context) => {
    const [, integration = ''] = /^arn:[^:]+:states:[^:]*:[^:]*:(.+)$/.exec(resource) ?? [];
    switch (integration) {
      case 'lambda:invoke':
      case 'lambda:invoke.waitForTaskToken':
        return await invokeFunction(parts, parse(integration, invoke, taskArguments), context);
      case 'states:startExecution':
        return startNested(parts, parse(integration, start, taskArguments), context, false).started;
      case 'states:startExecution.sync:2':
        return await runNested(parts, parse(integration, start, taskArguments), context);
      case 'sns:publish':
        return await publish(parts, taskArguments, context);
      case 'aws-sdk:iam:simulatePrincipalPolicy':
        return await callSdk(parts, parts.iam, 'SimulatePrincipalPolicy', taskArguments, context);
      default:
        throw new NotSimulatedError(`The integration ${resource} is not simulated`);
    }
  };
}

async function invokeFunction(
  { gate, log, functions, place }: Parts,
  { FunctionName, Payload }: z.infer<typeof invoke>,
  context: TaskContext,
): Promise<unknown> {
  const { roleArn, stateMachineName } = context.execution;
  const record = log.begin({ source: stateMachineName, roleArn, service: 'Lambda', operation: 'Invoke' });
  try {
    const resource = FunctionName.startsWith('arn:')
      ? FunctionName
      : regionalArn(place, 'lambda', `function:${FunctionName}`);
    const permission = { action: 'lambda:InvokeFunction', resource };
    gate.require({ roleArn, name: stateMachineName }, 'Lambda', [permission], record);
    const outcome = await functions.invoke(FunctionName, JSON.stringify(Payload ?? {}));
    record.outcome = 'done';
    if (outcome.kind === 'failed') throw new StateError(outcome.error.errorType, JSON.stringify(outcome.error));
    const payload: unknown = JSON.parse(outcome.payload);
    return { ExecutedVersion: '$LATEST', Payload: payload, StatusCode: 200 };
  } catch (thrown) {
    if (!(thrown instanceof AwsError)) throw thrown;
    record.outcome = record.permissions.some(({ allowed }) => !allowed) ? 'denied' : 'failed';
    record.error = { name: thrown.name, message: thrown.message };
    // What is not in the optimized integration's own list of errors comes as this one.
    const name = thrown.name === 'AccessDeniedException' ? 'AWSLambdaException' : thrown.name;
    throw new StateError(`Lambda.${name}`, `${thrown.message} (Service: AWSLambda; Error Code: ${thrown.name})`);
  }
}

function startNested(
  { gate, log, machines }: Parts,
  { StateMachineArn, Name, Input }: z.infer<typeof start>,
  context: TaskContext,
  follow: boolean,
) {
  const { roleArn, stateMachineName } = context.execution;
  const record = log.begin({ source: stateMachineName, roleArn, service: 'SFN', operation: 'StartExecution' });
  try {
    const session = { roleArn, name: stateMachineName };
    gate.require(session, 'SFN', [{ action: 'states:StartExecution', resource: StateMachineArn }], record);
    const input = typeof Input === 'string' ? Input : JSON.stringify(Input ?? {});
    const entry = machines.start(StateMachineArn, Name, input, follow ? context.signal : undefined);
    record.outcome = 'done';
    return { entry, started: { ExecutionArn: entry.arn, StartDate: entry.execution.startedAt.at } };
  } catch (thrown) {
    if (!(thrown instanceof AwsError)) throw thrown;
    record.outcome = record.permissions.some(({ allowed }) => !allowed) ? 'denied' : 'failed';
    record.error = { name: thrown.name, message: thrown.message };
    const name = thrown.name === 'AccessDeniedException' ? 'AWSStepFunctionsException' : `${thrown.name}Exception`;
    throw new StateError(
      `StepFunctions.${name}`,
      `${thrown.message} (Service: AWSStepFunctions; Error Code: ${thrown.name})`,
    );
  }
}

async function runNested(parts: Parts, given: z.infer<typeof start>, context: TaskContext): Promise<unknown> {
  const { entry, started } = startNested(parts, given, context, true);
  const { roleArn, stateMachineName } = context.execution;
  const session = { roleArn, name: stateMachineName };
  const nested = ['DescribeExecution', 'StopExecution'].map((action) => ({
    action: `states:${action}`,
    resource: entry.arn,
  }));
  try {
    parts.gate.require(session, 'SFN', [...nested, ...nestedRulePermissions(parts.place)]);
  } catch (thrown) {
    entry.execution.stop('States.TaskFailed', 'The execution that started this one may not follow it.');
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    throw new StateError('StepFunctions.AWSStepFunctionsException', message);
  }
  context.submitted(started);
  const { status } = await entry.execution.done;
  const described = describedForParent(entry);
  if (status === 'SUCCEEDED') return described;
  throw new StateError('States.TaskFailed', JSON.stringify(described));
}

/** A call that Step Functions makes through the SDK for Java: errors carry that service's name, `<Service>.<Error>`. */
async function callSdk(
  { gate, log, place }: Parts,
  service: SimulatedService,
  operation: string,
  given: Json,
  context: TaskContext,
): Promise<unknown> {
  const { roleArn, stateMachineName } = context.execution;
  const known = service.operations[operation];
  if (known === undefined) throw new NotSimulatedError(`${service.name} ${operation} is not simulated`);
  const record = log.begin({ source: stateMachineName, roleArn, service: service.name, operation });
  const javaName = service.name.slice(0, 1) + service.name.slice(1).toLowerCase();
  try {
    const caller = { roleArn, account: place.account, region: place.region };
    gate.require({ roleArn, name: stateMachineName }, service.name, known.authorize(given, caller), record);
    const output = await known.perform(given, caller);
    record.outcome = 'done';
    return output;
  } catch (thrown) {
    record.outcome = record.permissions.some(({ allowed }) => !allowed) ? 'denied' : 'failed';
    if (!(thrown instanceof AwsError)) throw thrown;
    record.error = { name: thrown.name, message: thrown.message };
    // What the service's model has no error for comes as its general one.
    const modelled = thrown.name.endsWith('Exception') && !thrown.name.startsWith('AccessDenied');
    throw new StateError(`${javaName}.${modelled ? thrown.name : `${javaName}Exception`}`, thrown.message);
  }
}

async function publish({ gate, log, topics, place }: Parts, given: Json, context: TaskContext): Promise<unknown> {
  const { roleArn, stateMachineName } = context.execution;
  const operation = topics.operations['Publish'];
  if (operation === undefined) throw new NotSimulatedError('sns:publish is not simulated');
  const record = log.begin({ source: stateMachineName, roleArn, service: 'SNS', operation: 'Publish' });
  try {
    const message = z.looseObject({ Message: z.unknown() }).parse(given);
    const input = {
      ...message,
      Message: typeof message.Message === 'string' ? message.Message : JSON.stringify(message.Message),
    };
    const caller = { roleArn, account: place.account, region: place.region };
    gate.require({ roleArn, name: stateMachineName }, 'SNS', operation.authorize(input, caller), record);
    const output = await operation.perform(input, caller);
    record.outcome = 'done';
    return output;
  } catch (thrown) {
    record.outcome = record.permissions.some(({ allowed }) => !allowed) ? 'denied' : 'failed';
    if (!(thrown instanceof AwsError)) throw thrown;
    record.error = { name: thrown.name, message: thrown.message };
    throw new StateError(`SNS.${thrown.name}`, thrown.message);
  }
}

function parse<S extends z.ZodType>(integration: string, schema: S, given: Json): z.infer<S> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new NotSimulatedError(`${integration}: ${z.prettifyError(parsed.error)}`);
}
