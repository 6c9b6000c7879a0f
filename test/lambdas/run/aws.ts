import { execution } from '../quiet';
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { S3Client, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
  type ExecutionStatus,
} from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  CancelCommandCommand,
  GetParameterCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { stored } from '../../../config/stored';
import { description, startedAt } from '../fixtures';

export const states = mockClient(SFNClient);
export const ssm = mockClient(SSMClient);
export const sns = mockClient(SNSClient);
export const s3 = mockClient(S3Client);
export const cloudwatch = mockClient(CloudWatchClient);

/** Executions by ARN; every other one does not exist. Stopping one ends it at once. */
export const executions = new Map<
  string,
  { status: ExecutionStatus; input?: string; error?: string; cause?: string }
>();

const missing = () => new ExecutionDoesNotExist({ message: 'no such execution', $metadata: {} });

/** AWS as the tasks of the front door meet it: the description is there, nothing runs, everything is taken. */
export function resetAws(): void {
  executions.clear();
  for (const mock of [states, ssm, sns, s3, cloudwatch]) mock.reset();
  states.on(DescribeExecutionCommand).callsFake(({ executionArn }: { executionArn: string }) => {
    const found = executions.get(executionArn);
    if (found === undefined) throw missing();
    return { executionArn, startDate: new Date(startedAt), ...found };
  });
  states.on(StopExecutionCommand).callsFake(({ executionArn }: { executionArn: string }) => {
    if (!executions.has(executionArn)) throw missing();
    executions.set(executionArn, { status: 'ABORTED' });
    return {};
  });
  states.on(StartExecutionCommand).callsFake(({ name }: { name: string }) => {
    const executionArn = execution('settlement', name);
    executions.set(executionArn, { status: 'RUNNING' });
    return { executionArn };
  });
  states.on(GetExecutionHistoryCommand).resolves({ events: [] });
  ssm.on(GetParameterCommand).resolves({ Parameter: { Value: stored(description) } });
  ssm.on(ListCommandInvocationsCommand).resolves({ CommandInvocations: [] });
  ssm.on(ListCommandsCommand).resolves({ Commands: [] });
  ssm.on(CancelCommandCommand).resolves({});
  sns.on(PublishCommand).resolves({});
  s3.on(PutObjectCommand).resolves({});
  cloudwatch.on(PutMetricDataCommand).resolves({});
}

/** Every message that SNS took, by subject. */
export const sent = () => sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => input);
