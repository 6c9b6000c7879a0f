import { type Context } from './conditions';
import { TrustError, UnknownRoleError } from './errors';
import { evaluateTrust } from './evaluate';
import { type Policy } from './policy';

export interface Role {
  readonly arn: string;
  readonly name: string;
  readonly trust: Policy;
  readonly policies: readonly Policy[];
}

/** The roles of an account, and who may use them. */
export class Roles {
  readonly #byArn = new Map<string, { arn: string; name: string; trust: Policy; policies: Policy[] }>();

  add(role: Role): void {
    this.#byArn.set(role.arn, { ...role, policies: [...role.policies] });
  }

  /** @throws UnknownRoleError */
  attach(roleName: string, policy: Policy): void {
    const role = [...this.#byArn.values()].find(({ name }) => name === roleName);
    if (role === undefined) throw new UnknownRoleError(`No role is called ${roleName}`);
    role.policies.push(policy);
  }

  /** Takes the policies of that name away again. @throws UnknownRoleError */
  detach(roleName: string, policyName: string): void {
    const role = [...this.#byArn.values()].find(({ name }) => name === roleName);
    if (role === undefined) throw new UnknownRoleError(`No role is called ${roleName}`);
    role.policies = role.policies.filter(({ name }) => name !== policyName);
  }

  /** @throws UnknownRoleError */
  get(arn: string): Role {
    const role = this.#byArn.get(arn);
    if (role === undefined) throw new UnknownRoleError(`No role has the ARN ${arn}`);
    return role;
  }

  all(): readonly Role[] {
    return [...this.#byArn.values()];
  }

  /**
   * Whether a service may run something under a role.
   * @param source ARN of what is run (`aws:SourceArn`), and its account
   * @throws TrustError, UnknownRoleError
   */
  assume(arn: string, service: string, source: { readonly arn: string; readonly account: string }): Role {
    const role = this.get(arn);
    const context: Context = new Map([
      ['aws:sourcearn', [source.arn]],
      ['aws:sourceaccount', [source.account]],
    ]);
    if (evaluateTrust(role.trust, service, context).verdict === 'allowed') return role;
    throw new TrustError(
      `${service} is not allowed to assume ${arn} for ${source.arn}: its trust policy does not say so`,
    );
  }
}
