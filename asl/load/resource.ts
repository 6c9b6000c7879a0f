import { type Integration, type Resource } from '../definition';
import { type Fields } from './fields';

// The partition may be a token of CloudFormation in a rendered definition: arn:${AWS::Partition}:states:::…
const serviceIntegration =
  /^arn:(?:aws[a-z-]*|\$\{[^}]+\}):states:[^:]*:[^:]*:((?:aws-sdk:)?[A-Za-z0-9-]+):([A-Za-z0-9]+)(\.sync(?::2)?|\.waitForTaskToken)?$/;

/** A task's Resource: a service integration; activities and functions' own ARNs are refused by name. */
export function readResource(fields: Fields): Resource {
  const arn = fields.requiredText('Resource');
  const [, service = '', operation = '', pattern = ''] = serviceIntegration.exec(arn) ?? [];
  if (arn !== '' && (service === '' || service === 'activity')) {
    fields.problem('Resource', `is not a service integration (arn:aws:states:::<service>:<action>): ${arn}`);
  }
  return { arn, service, action: `${operation}${pattern}`, integration: integrationOf(pattern) };
}

function integrationOf(pattern: string): Integration {
  if (pattern === '.waitForTaskToken') return 'waitForTaskToken';
  return pattern === '' ? 'requestResponse' : 'sync';
}
