/** A policy that IAM would refuse, or that says something this evaluation does not know. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
}

/** No such role: what runs under it cannot run. */
export class UnknownRoleError extends Error {
  override readonly name = 'UnknownRoleError';
}

/** A role's trust policy does not let this service use it. */
export class TrustError extends Error {
  override readonly name = 'TrustError';
}
