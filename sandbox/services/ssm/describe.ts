import { type Command, type Invocation } from './command';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html */
const STDOUT_LIMIT = 24_000;
const STDERR_LIMIT = 8_000;
/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CommandPlugin.html: Output, both streams together. */
const PLUGIN_LIMIT = 2_500;

/** The answer of GetCommandInvocation. */
export function invocationResult(command: Command, invocation: Invocation): object {
  const { startedAt, endedAt } = invocation;
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    Comment: command.comment ?? '',
    DocumentName: command.document.name,
    DocumentVersion: '$DEFAULT',
    PluginName: command.document.stepName,
    ResponseCode: invocation.responseCode,
    ExecutionStartDateTime: startedAt?.toISOString() ?? '',
    ExecutionEndDateTime: startedAt === undefined ? '' : (endedAt?.toISOString() ?? ''),
    Status: invocation.status,
    StatusDetails: invocation.details,
    // Nothing of a running command's output is there before it has ended.
    StandardOutputContent: invocation.stdout.slice(0, STDOUT_LIMIT),
    StandardErrorContent: invocation.stderr.slice(0, STDERR_LIMIT),
  };
}

/** A Command of SendCommand and ListCommands. */
export function describedCommand(command: Command): object {
  const { invocations, status } = command;
  return {
    CommandId: command.id,
    DocumentName: command.document.name,
    DocumentVersion: '$DEFAULT',
    Comment: command.comment ?? '',
    Parameters: Object.fromEntries(Object.entries(command.given).map(([name, values]) => [name, [...values]])),
    InstanceIds: invocations.map(({ instanceId }) => instanceId),
    RequestedDateTime: command.requestedAt,
    ExpiresAfter: new Date(command.requestedAt.getTime() + (command.deliverySeconds + command.executionSeconds) * 1000),
    Status: status,
    StatusDetails: status,
    TargetCount: invocations.length,
    CompletedCount: invocations.filter(({ ended }) => ended).length,
    ErrorCount: invocations.filter((one) => one.status === 'Failed' || one.details === 'ExecutionTimedOut').length,
    DeliveryTimedOutCount: invocations.filter(({ details }) => details === 'DeliveryTimedOut').length,
    TimeoutSeconds: command.deliverySeconds,
    ...(command.output === undefined
      ? {}
      : { OutputS3BucketName: command.output.bucket, OutputS3KeyPrefix: command.output.prefix ?? '' }),
  };
}

/** A CommandInvocation of ListCommandInvocations. */
export function describedInvocation(command: Command, invocation: Invocation, details: boolean): object {
  const { status, details: statusDetails, startedAt, endedAt } = invocation;
  const plugin = {
    Name: command.document.stepName,
    Status: status,
    StatusDetails: statusDetails,
    ResponseCode: invocation.responseCode,
    Output:
      `${invocation.stdout}${invocation.stderr === '' ? '' : `\n----------ERROR-------\n${invocation.stderr}`}`.slice(
        0,
        PLUGIN_LIMIT,
      ),
    ...(startedAt === undefined ? {} : { ResponseStartDateTime: startedAt }),
    ...(startedAt === undefined || endedAt === undefined ? {} : { ResponseFinishDateTime: endedAt }),
  };
  return {
    CommandId: command.id,
    InstanceId: invocation.instanceId,
    Comment: command.comment ?? '',
    DocumentName: command.document.name,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: invocation.requestedAt,
    Status: status,
    StatusDetails: statusDetails,
    CommandPlugins: details ? [plugin] : [],
  };
}
