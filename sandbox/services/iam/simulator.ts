import * as z from 'zod';
import { evaluateIdentity, type Roles } from '../../identity';
import { operation } from '../operation';
import { type Place } from '../place';
import { AwsError, type SimulatedService } from '../service';

const decisions = { allowed: 'allowed', 'explicitly denied': 'explicitDeny', denied: 'implicitDeny' } as const;

/**
 * IAM's policy simulator over the roles of a deployment. As the real one, it knows of a request nothing but the condition
 * keys that it is given, and says which others would have mattered; policies of resources and of organizations are not
 * in it.
 */
export class PolicySimulator implements SimulatedService {
  readonly name = 'IAM';
  readonly standIn = {
    name: 'AWS IAM policy simulator',
    instead: "Lifeboat's evaluation of the roles' identity policies",
    differs: 'SimulatePrincipalPolicy alone; no permission boundaries, no policies of an organization',
  };

  constructor(
    private readonly roles: Roles,
    private readonly place: Place,
  ) {}

  readonly operations = {
    SimulatePrincipalPolicy: operation(
      z.strictObject({
        PolicySourceArn: z.string(),
        ActionNames: z.array(z.string()).min(1),
        ResourceArns: z.array(z.string()).min(1).default(['*']),
        ContextEntries: z
          .array(
            z.strictObject({
              ContextKeyName: z.string(),
              ContextKeyType: z.enum(['string', 'stringList']),
              ContextKeyValues: z.array(z.string()),
            }),
          )
          .default([]),
      }),
      {
        invalid: 'InvalidInputException',
        authorize: ({ PolicySourceArn }) => [{ action: 'iam:SimulatePrincipalPolicy', resource: PolicySourceArn }],
        perform: ({ PolicySourceArn, ActionNames, ResourceArns, ContextEntries }) => {
          const role = this.roles.all().find(({ arn }) => arn === PolicySourceArn);
          if (role === undefined) {
            throw new AwsError('NoSuchEntityException', `Entity ${PolicySourceArn} does not exist.`, 404);
          }
          const context = new Map(
            ContextEntries.map(({ ContextKeyName, ContextKeyValues }) => [
              ContextKeyName.toLowerCase(),
              ContextKeyValues,
            ]),
          );
          const principal = { kind: 'role', arn: role.arn, account: this.place.account } as const;
          const results = ActionNames.flatMap((action) =>
            ResourceArns.map((resource) => {
              const decision = evaluateIdentity(role.policies, { principal, action, resource, context });
              return {
                EvalActionName: action,
                EvalResourceName: resource,
                EvalDecision: decisions[decision.verdict],
                MissingContextValues: [...decision.unknownKeys],
              };
            }),
          );
          return { EvaluationResults: results, IsTruncated: false };
        },
      },
    ),
  };
}
