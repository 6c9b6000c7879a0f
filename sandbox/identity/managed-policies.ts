import { PolicyError } from './errors';
import { type Policy, parsePolicy } from './policy';

/** AWS's own policies by the end of their ARN, with their content as the IAM console shows it. */
const contents: Readonly<Record<string, readonly string[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
  AWSXRayDaemonWriteAccess: [
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ],
};

/** @throws PolicyError for a managed policy whose content is not written here. */
export function managedPolicy(arn: string): Policy {
  const [, name = ''] = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn) ?? [];
  const actions = Object.hasOwn(contents, name) ? contents[name] : undefined;
  if (actions === undefined) throw new PolicyError(`The content of the managed policy ${arn} is not known`);
  return parsePolicy(
    name,
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: [...actions], Resource: '*' }] },
    'identity',
  );
}
