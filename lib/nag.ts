import type { Stack } from 'aws-cdk-lib';
import type { Policy } from 'aws-cdk-lib/aws-iam';
import * as z from 'zod';

const several = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === 'string' ? [value] : value));
const documentSchema = z.object({
  Statement: z.array(
    z.object({
      Action: several,
      Resource: z.union([z.array(z.unknown()), z.unknown().transform((value) => [value])]),
    }),
  ),
});

/** Each wildcard of a policy as cdk-nag's rule IAM5 names it, with the actions that it is granted for. */
export function nagFindings(stack: Stack, policy: Policy): { finding: string; actions: string[] }[] {
  const document = documentSchema.parse(stack.resolve(policy.document.toJSON()));
  return document.Statement.flatMap(({ Action, Resource }) => [
    ...Action.filter((action) => action.includes('*')).map((action) => ({
      finding: `AwsSolutions-IAM5[Action::${action}]`,
      actions: Action,
    })),
    ...Resource.map(flattened)
      .filter((resource) => resource.includes('*'))
      .map((resource) => ({ finding: `AwsSolutions-IAM5[Resource::${resource}]`, actions: Action })),
  ]);
}

/** A resource with CloudFormation functions in it, written as cdk-nag writes it: `<LogicalId.Arn>:*`. */
export function flattened(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null) {
    if ('Ref' in value && typeof value.Ref === 'string') return `<${value.Ref}>`;
    if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) return `<${value['Fn::GetAtt'].join('.')}>`;
    if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
      const [separator, parts] = z.tuple([z.unknown(), z.unknown()]).parse(value['Fn::Join']);
      if (typeof separator === 'string' && Array.isArray(parts)) return parts.map(flattened).join(separator);
    }
  }
  return JSON.stringify(value);
}
