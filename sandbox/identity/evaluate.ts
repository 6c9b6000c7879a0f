import { type Condition, type Context, holds } from './conditions';
import { matchesPattern } from './pattern';
import { type Policy, type Statement } from './policy';

/** Who asks: a role's session, or a service of AWS on a resource's behalf. */
export type Principal =
  | { readonly kind: 'role'; readonly arn: string; readonly account: string }
  | { readonly kind: 'service'; readonly name: string };

export interface AccessRequest {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context: Context;
}

export interface Decision {
  readonly verdict: 'allowed' | 'denied' | 'explicitly denied';
  /** The policy that decided; undefined where none allowed. */
  readonly by: string | undefined;
  /** Condition keys that would have mattered and that the sandbox does not know for this call. */
  readonly unknownKeys: readonly string[];
}

interface Applicable {
  readonly allowing: string | undefined;
  readonly denying: string | undefined;
  readonly unknownKeys: readonly string[];
}

/** What a role's own policies say: an explicit Deny wins, and without an Allow the answer is no. */
export function evaluateIdentity(policies: readonly Policy[], request: AccessRequest): Decision {
  return decide(gather(policies, request, () => true));
}

/**
 * What a resource's policy says of this principal alone.
 * @param delegates whether a statement for the account's root counts, as it does in a key policy
 */
export function evaluateResource(policy: Policy, request: AccessRequest, delegates = false): Decision {
  return decide(gather([policy], request, (statement) => concerns(statement, request.principal, delegates)));
}

/** Whether a trust policy lets the service assume the role. */
export function evaluateTrust(policy: Policy, service: string, context: Context): Decision {
  const principal: Principal = { kind: 'service', name: service };
  const request: AccessRequest = { principal, action: 'sts:AssumeRole', resource: '', context };
  return decide(gather([policy], request, (statement) => concerns(statement, principal, false)));
}

function decide({ allowing, denying, unknownKeys }: Applicable): Decision {
  if (denying !== undefined) return { verdict: 'explicitly denied', by: denying, unknownKeys };
  return { verdict: allowing === undefined ? 'denied' : 'allowed', by: allowing, unknownKeys };
}

function gather(
  policies: readonly Policy[],
  request: AccessRequest,
  concerned: (statement: Statement) => boolean,
): Applicable {
  let allowing: string | undefined;
  let denying: string | undefined;
  const unknownKeys = new Set<string>();
  for (const policy of policies) {
    for (const statement of policy.statements) {
      if (!concerned(statement) || !speaksOf(statement, request)) continue;
      const unfulfilled = statement.conditions.filter((condition) => holds(condition, request.context) !== 'true');
      const unknown = unfulfilled.filter((condition) => holds(condition, request.context) === 'unknown');
      for (const { key } of unknown) unknownKeys.add(key);
      if (statement.effect === 'Allow' && unfulfilled.length === 0) allowing ??= policy.name;
      // What is not known denies: only a condition that is known not to hold keeps a Deny away.
      if (statement.effect === 'Deny' && everyUnknown(unfulfilled, unknown)) denying ??= policy.name;
    }
  }
  return { allowing, denying, unknownKeys: [...unknownKeys] };
}

const everyUnknown = (unfulfilled: readonly Condition[], unknown: readonly Condition[]): boolean =>
  unfulfilled.length === unknown.length;

function speaksOf(statement: Statement, request: AccessRequest): boolean {
  const action = (pattern: string): boolean => matchesPattern(pattern, request.action, true);
  const resource = (pattern: string): boolean => matchesPattern(pattern, request.resource);
  if (statement.actions !== undefined && !statement.actions.some(action)) return false;
  if (statement.notActions?.some(action) === true) return false;
  if (statement.resources !== undefined && !statement.resources.some(resource)) return false;
  return statement.notResources?.some(resource) !== true;
}

function concerns(statement: Statement, principal: Principal, delegates: boolean): boolean {
  const { principals } = statement;
  if (principals === undefined) return false;
  if (principals.any) return true;
  if (principal.kind === 'service') return principals.services.includes(principal.name);
  if (principals.arns.includes(principal.arn)) return true;
  // A Deny for the account's root speaks of everybody in the account; an Allow only hands over to identity policies.
  const root = principals.arns.some((arn) => arn.endsWith(`::${principal.account}:root`));
  return root && (delegates || statement.effect === 'Deny');
}
