import * as z from 'zod';
import { parsePolicy } from '../../identity';
import { regionalArn } from '../../services/place';
import { FunctionRuntime } from '../functions';
import { type CreationContext, kind } from './kind';

export const functionKinds = [
  kind(
    'AWS::Lambda::Function',
    {
      Code: z.strictObject({ S3Bucket: z.string(), S3Key: z.string() }),
      Environment: z.strictObject({ Variables: z.record(z.string(), z.string()).default({}) }).optional(),
      FunctionName: z.string().optional(),
      Handler: z.string(),
      LoggingConfig: z
        .strictObject({
          LogGroup: z.string().optional(),
          LogFormat: z.string().optional(),
          ApplicationLogLevel: z.string().optional(),
          SystemLogLevel: z.string().optional(),
        })
        .default({}),
      MemorySize: z.number().default(128),
      PackageType: z.literal('Zip').optional(),
      ReservedConcurrentExecutions: z.number().int().min(0).optional(),
      Role: z.string(),
      Runtime: z.string().regex(/^nodejs\d+\.x$/),
      Timeout: z.number().int().min(1).max(900).default(3),
    },
    ['Architectures', 'Description', 'EphemeralStorage', 'Tags', 'TracingConfig'],
    (properties, context) => {
      const name = properties.FunctionName ?? context.physicalName(64);
      const arn = regionalArn(context.place, 'lambda', `function:${name}`);
      const environment = properties.Environment?.Variables ?? {};
      const bytes = Buffer.byteLength(Object.entries(environment).flat().join(''));
      // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
      if (bytes > 4096)
        throw new RangeError(`${context.logicalId}: ${bytes} bytes of environment variables, over 4 KB`);
      const logGroup = properties.LoggingConfig.LogGroup ?? `/aws/lambda/${name}`;
      const runtime = new FunctionRuntime(
        {
          name,
          arn,
          roleArn: properties.Role,
          handler: properties.Handler,
          folder: context.asset(properties.Code.S3Key),
          timeoutSeconds: properties.Timeout,
          memoryMegabytes: properties.MemorySize,
          environment,
          logGroup,
          region: context.place.region,
        },
        context.functionSite,
      );
      runtime.prepare();
      context.runtimes.set(context.logicalId, runtime);
      const reservedConcurrency = properties.ReservedConcurrentExecutions;
      context.functions.add({ name, arn, roleArn: properties.Role, runner: runtime, reservedConcurrency });
      return { ref: name, attributes: { Arn: arn } };
    },
  ),
  kind(
    'AWS::Lambda::Permission',
    {
      Action: z.literal('lambda:InvokeFunction'),
      FunctionName: z.string(),
      Principal: z.string().regex(/^[a-z.-]+\.amazonaws\.com$/),
      SourceArn: z.string().optional(),
      SourceAccount: z.string().optional(),
    },
    [],
    (properties, context) => {
      const { arn } = context.functions.get(properties.FunctionName);
      const { SourceArn, SourceAccount } = properties;
      const statement = {
        Sid: context.logicalId,
        Effect: 'Allow',
        Action: properties.Action,
        Principal: { Service: properties.Principal },
        Resource: arn,
        Condition: {
          ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
          ...(SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
        },
      };
      const document = { Version: '2012-10-17', Statement: statement };
      context.gate.addResourcePolicy(arn, parsePolicy(`permissions of ${arn}`, document, 'resource'));
      return { ref: context.logicalId, attributes: {} };
    },
  ),
  kind(
    'AWS::Lambda::Url',
    { AuthType: z.literal('AWS_IAM'), TargetFunctionArn: z.string(), InvokeMode: z.literal('BUFFERED').optional() },
    [],
    ({ TargetFunctionArn }, context) => {
      const { arn } = context.functions.get(TargetFunctionArn);
      const url = `https://${context.logicalId.toLowerCase()}.lambda-url.${context.place.region}.on.aws/`;
      return { ref: arn, attributes: { FunctionArn: arn, FunctionUrl: url } };
    },
  ),
  kind(
    'AWS::Lambda::EventInvokeConfig',
    {
      FunctionName: z.string(),
      Qualifier: z.literal('$LATEST'),
      MaximumRetryAttempts: z.number().int().min(0).max(2).default(2),
      DestinationConfig: z
        .strictObject({ OnFailure: z.strictObject({ Destination: z.string() }).optional() })
        .default({}),
    },
    ['MaximumEventAgeInSeconds'],
    ({ FunctionName, MaximumRetryAttempts, DestinationConfig }, context) => {
      const destination = DestinationConfig.OnFailure?.Destination;
      context.functions.configureAsynchronous(FunctionName, {
        retries: MaximumRetryAttempts,
        onFailure: destination === undefined ? undefined : failureDestination(FunctionName, destination, context),
      });
      return { ref: context.logicalId, attributes: {} };
    },
  ),
];

/** Sends what failed to a queue or topic, under the function's role. */
function failureDestination(functionName: string, destination: string, context: CreationContext) {
  const { functions, gate, queues, topics } = context;
  const isQueue = destination.split(':')[2] === 'sqs';
  return (event: string, error: string): void => {
    const { name, arn, roleArn } = functions.get(functionName);
    const action = isQueue ? 'sqs:SendMessage' : 'sns:Publish';
    gate.require({ roleArn, name }, isQueue ? 'SQS' : 'SNS', [{ action, resource: destination }]);
    const payload = JSON.stringify({
      version: '1.0',
      requestContext: { functionArn: arn },
      requestPayload: event,
      responsePayload: error,
    });
    if (isQueue) queues.send(destination, payload, {});
    else topics.deliver(destination, payload);
  };
}
