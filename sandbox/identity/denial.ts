import { AwsError } from '../services/service';
import { type Decision } from './evaluate';

/** The name that a service's refusal has in the SDK for JavaScript, where it is not AccessDeniedException. */
const names: Readonly<Record<string, string>> = {
  AutoScaling: 'AccessDenied',
  CloudFormation: 'AccessDenied',
  CloudWatch: 'AccessDenied',
  EC2: 'UnauthorizedOperation',
  ElasticLoadBalancingV2: 'AccessDenied',
  IAM: 'AccessDenied',
  RDS: 'AccessDenied',
  Route53: 'AccessDenied',
  S3: 'AccessDenied',
  SNS: 'AuthorizationErrorException',
  SQS: 'AccessDenied',
  STS: 'AccessDenied',
};

/** A refusal as AWS words it. `service` is the SDK client's name without `Client`. */
export function denial(
  service: string,
  user: string,
  permission: { readonly action: string; readonly resource: string },
  decision: Decision,
): AwsError {
  const { action, resource } = permission;
  const because =
    decision.verdict === 'explicitly denied'
      ? `with an explicit deny in a policy (${decision.by ?? ''})`
      : `because no identity-based policy allows the ${action} action`;
  const unknown =
    decision.unknownKeys.length === 0
      ? ''
      : ` (condition keys that the sandbox does not know for this call: ${decision.unknownKeys.join(', ')})`;
  const message = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${because}${unknown}`;
  return new AwsError(Object.hasOwn(names, service) ? (names[service] ?? '') : 'AccessDeniedException', message, 403);
}
