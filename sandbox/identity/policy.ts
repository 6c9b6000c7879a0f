import * as z from 'zod';
import { type Condition, parseConditions } from './conditions';
import { PolicyError } from './errors';

/** Who a statement of a resource's or a role's trust policy speaks of. */
export interface Principals {
  readonly any: boolean;
  readonly services: readonly string[];
  /** ARNs, and account ids made into the ARN of the account's root. */
  readonly arns: readonly string[];
}

/** Exactly one of `actions` and `notActions` is there; `resources` and `notResources` likewise, neither in a trust policy. */
export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[] | undefined;
  readonly notActions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly notResources: readonly string[] | undefined;
  readonly principals: Principals | undefined;
  readonly conditions: readonly Condition[];
}

export interface Policy {
  /** As a person would look for it. */
  readonly name: string;
  readonly statements: readonly Statement[];
}

/** `identity` has no principals, `resource` has both, `trust` has no resources. */
export type PolicyUse = 'identity' | 'resource' | 'trust';

const list = z.union([z.string(), z.array(z.string()).min(1)]).transform((value) => [value].flat());
const conditionValue = z.union([z.string(), z.boolean(), z.number()]).transform(String);
const conditionValues = z.union([conditionValue, z.array(conditionValue)]).transform((value) => [value].flat());
const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.literal('*'), z.strictObject({ AWS: list.optional(), Service: list.optional() })]).optional(),
  Action: list.optional(),
  NotAction: list.optional(),
  Resource: list.optional(),
  NotResource: list.optional(),
  Condition: z.record(z.string(), z.record(z.string(), conditionValues)).optional(),
});
const documentSchema = z.strictObject({
  Version: z.literal('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.union([statementSchema, z.array(statementSchema).min(1)]).transform((value) => [value].flat()),
});
type RawStatement = z.infer<typeof statementSchema>;

/**
 * A policy from its document.
 * @throws PolicyError for what IAM would refuse and for what this evaluation does not know (NotPrincipal, federated
 *   principals, policy variables, an operator), by name.
 */
export function parsePolicy(name: string, document: unknown, use: PolicyUse): Policy {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) throw new PolicyError(`${name}: ${z.prettifyError(parsed.error)}`);
  return { name, statements: parsed.data.Statement.map((raw) => statement(name, raw, use)) };
}

function statement(name: string, raw: RawStatement, use: PolicyUse): Statement {
  const refuse = (message: string): never => {
    throw new PolicyError(`${name}, statement ${raw.Sid ?? '(without Sid)'}: ${message}`);
  };
  if ((raw.Action === undefined) === (raw.NotAction === undefined)) refuse('needs either Action or NotAction');
  const resources = [raw.Resource, raw.NotResource].filter((item) => item !== undefined).length;
  if (use === 'trust' ? resources !== 0 : resources !== 1) {
    refuse(use === 'trust' ? 'has resources' : 'needs either Resource or NotResource');
  }
  if ((use === 'identity') !== (raw.Principal === undefined)) {
    refuse(use === 'identity' ? 'has a principal' : 'has no principal');
  }
  for (const resource of [...(raw.Resource ?? []), ...(raw.NotResource ?? [])]) {
    if (resource.includes('${')) refuse(`policy variables are not simulated: ${resource}`);
    if (resource !== '*' && !resource.startsWith('arn:')) refuse(`a resource has to be "*" or an ARN: ${resource}`);
  }
  for (const action of [...(raw.Action ?? []), ...(raw.NotAction ?? [])]) {
    if (action !== '*' && !/^[a-z0-9-]+:[A-Za-z0-9*?]+$/.test(action)) refuse(`is not an action: ${action}`);
  }
  return {
    sid: raw.Sid,
    effect: raw.Effect,
    actions: raw.Action,
    notActions: raw.NotAction,
    resources: raw.Resource,
    notResources: raw.NotResource,
    principals: raw.Principal === undefined ? undefined : principals(raw.Principal),
    conditions: parseConditions(name, raw.Condition ?? {}),
  };
}

function principals(raw: NonNullable<RawStatement['Principal']>): Principals {
  if (raw === '*') return { any: true, services: [], arns: [] };
  const aws = raw.AWS ?? [];
  return {
    any: aws.includes('*'),
    services: raw.Service ?? [],
    arns: aws.filter((arn) => arn !== '*').map((arn) => (/^\d{12}$/.test(arn) ? `arn:aws:iam::${arn}:root` : arn)),
  };
}
