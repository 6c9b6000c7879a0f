import { type ExecutionEntry } from './machines';

/** DescribeExecution's answer. */
export function describedExecution({
  arn,
  name,
  definition,
  input,
  execution,
}: ExecutionEntry): Record<string, unknown> {
  const { status, output, error, cause, startedAt, endedAt } = execution;
  return {
    executionArn: arn,
    stateMachineArn: definition.arn,
    name,
    status,
    startDate: new Date(startedAt.at),
    ...(endedAt === undefined ? {} : { stopDate: new Date(endedAt.at) }),
    input,
    inputDetails: { included: true },
    ...(output === undefined ? {} : { output: JSON.stringify(output), outputDetails: { included: true } }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
    redriveCount: 0,
  };
}

/** What `startExecution.sync:2` makes of it: members in capitals, times in milliseconds, JSON unpacked on success. */
export function describedForParent(entry: ExecutionEntry): Record<string, unknown> {
  const { arn, name, definition, input, execution } = entry;
  const { status, output, error, cause, startedAt, endedAt } = execution;
  const succeeded = status === 'SUCCEEDED';
  return {
    ExecutionArn: arn,
    Input: succeeded ? JSON.parse(input) : input,
    InputDetails: { Included: true },
    Name: name,
    ...(output === undefined ? {} : { Output: output, OutputDetails: { Included: true } }),
    StartDate: startedAt.at,
    StateMachineArn: definition.arn,
    Status: status,
    ...(endedAt === undefined ? {} : { StopDate: endedAt.at }),
    ...(error === undefined ? {} : { Error: error }),
    ...(cause === undefined ? {} : { Cause: cause }),
  };
}

/** Together they have to fit into an event: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const EVENT_LIMIT_BYTES = 248 * 1024;

/** The detail of "Step Functions Execution Status Change". */
export function statusChange({ arn, name, definition, input, execution }: ExecutionEntry): Record<string, unknown> {
  const { status, output, error, cause, startedAt, endedAt } = execution;
  const outputText = output === undefined ? null : JSON.stringify(output);
  const included = Buffer.byteLength(input) + Buffer.byteLength(outputText ?? '') <= EVENT_LIMIT_BYTES;
  return {
    executionArn: arn,
    stateMachineArn: definition.arn,
    name,
    status,
    startDate: startedAt.at,
    stopDate: endedAt?.at ?? null,
    input: included ? input : null,
    output: included ? outputText : null,
    inputDetails: { included },
    outputDetails: outputText === null ? null : { included },
    error: error ?? null,
    cause: cause ?? null,
    stateMachineVersionArn: null,
    stateMachineAliasArn: null,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: status === 'RUNNING' || status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE',
    redriveStatusReason: null,
  };
}
