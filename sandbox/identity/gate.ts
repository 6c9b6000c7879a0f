import { type Place } from '../services/place';
import { type Permission } from '../services/service';
import { type CallRecord } from './call-log';
import { type Context } from './conditions';
import { denial } from './denial';
import { type Decision, type Principal, evaluateIdentity, evaluateResource } from './evaluate';
import { type Policy } from './policy';
import { type Role, type Roles } from './roles';

/** A role in use: `name` is the session's, which is the function's, the machine's or the host's. */
export interface Session {
  readonly roleArn: string;
  readonly name: string;
}

interface ResourcePolicy {
  readonly policy: Policy;
  /** A key's policy has to agree; another resource's policy only adds to what a role may, or takes from it. */
  readonly required: boolean;
}

/** Decides over every call by the policies of the role that makes it and of the resource that it is made on. */
export class Gate {
  readonly #resourcePolicies = new Map<string, ResourcePolicy>();

  constructor(
    readonly roles: Roles,
    readonly place: Place,
    private readonly now: () => number,
  ) {}

  /** Puts a policy on a bucket, topic, queue, function or key, instead of what was there. */
  setResourcePolicy(arn: string, policy: Policy, required = false): void {
    this.#resourcePolicies.set(arn, { policy, required });
  }

  /** Adds statements to what a resource's policy says already, as each AWS::Lambda::Permission does. */
  addResourcePolicy(arn: string, policy: Policy): void {
    const known = this.#resourcePolicies.get(arn)?.policy.statements ?? [];
    this.setResourcePolicy(arn, { name: policy.name, statements: [...known, ...policy.statements] });
  }

  /**
   * Lets the call through or refuses it, writing down what was checked.
   * @param service the SDK client's name without `Client`; it decides what the refusal is called
   * @throws AwsError as that service refuses; UnknownRoleError
   */
  require(session: Session, service: string, permissions: readonly Permission[], record?: CallRecord): void {
    const role = this.roles.get(session.roleArn);
    for (const permission of permissions) {
      const decision = this.decide(role, permission);
      const allowed = decision.verdict === 'allowed';
      if (record !== undefined) {
        const { action, resource } = permission;
        record.permissions = [...record.permissions, { action, resource, allowed }];
      }
      if (!allowed) throw denial(service, this.userArn(session), permission, decision);
    }
  }

  /** What the policies say of one permission. */
  decide(role: Role, permission: Permission): Decision {
    const principal: Principal = { kind: 'role', arn: role.arn, account: this.place.account };
    const request = { principal, ...permission, context: this.#context(principal, permission) };
    const identity = evaluateIdentity(role.policies, request);
    const attached = this.#resourcePolicy(permission.resource);
    if (attached === undefined || identity.verdict === 'explicitly denied') return identity;
    const direct = evaluateResource(attached.policy, request);
    if (direct.verdict === 'explicitly denied' || direct.verdict === 'allowed') return direct;
    if (!attached.required) return identity;
    return identity.verdict === 'allowed' ? evaluateResource(attached.policy, request, true) : identity;
  }

  /** Whether a resource's policy lets a service of AWS in, on behalf of `sourceArn`. */
  allowsService(service: string, permission: Permission, sourceArn: string): boolean {
    const attached = this.#resourcePolicy(permission.resource);
    if (attached === undefined) return false;
    const principal: Principal = { kind: 'service', name: service };
    const context = new Map(this.#context(principal, permission));
    context.set('aws:sourcearn', [sourceArn]);
    context.set('aws:sourceaccount', [this.place.account]);
    return evaluateResource(attached.policy, { principal, ...permission, context }).verdict === 'allowed';
  }

  userArn({ roleArn, name }: Session): string {
    const role = roleArn.slice(roleArn.lastIndexOf('/') + 1);
    return `arn:${this.place.partition}:sts::${this.place.account}:assumed-role/${role}/${name}`;
  }

  #resourcePolicy(resource: string): ResourcePolicy | undefined {
    const bucket = /^(arn:[^:]+:s3:::[^/]+)\//.exec(resource)?.[1];
    return this.#resourcePolicies.get(bucket ?? resource);
  }

  #context(principal: Principal, permission: Permission): Context {
    const service = principal.kind === 'service';
    const context = new Map<string, readonly string[]>([
      ['aws:securetransport', ['true']],
      ['aws:requestedregion', [this.place.region]],
      ['aws:resourceaccount', [this.place.account]],
      ['aws:currenttime', [new Date(this.now()).toISOString()]],
      ['aws:viaawsservice', ['false']],
      ['aws:principalisawsservice', [String(service)]],
      ['aws:sourcearn', []],
      ['aws:sourceaccount', []],
      ['aws:sourcevpce', []],
      ['aws:sourcevpc', []],
      ['aws:principalarn', principal.kind === 'role' ? [principal.arn] : []],
      ['aws:principalaccount', principal.kind === 'role' ? [principal.account] : []],
      ['aws:principaltype', principal.kind === 'role' ? ['AssumedRole'] : []],
    ]);
    for (const [key, value] of Object.entries(permission.context ?? {})) {
      context.set(key.toLowerCase(), [value].flat());
    }
    return context;
  }
}
