/**
 * Who may do what inside a sandbox: the policies of the template's roles and resources, evaluated for every call.
 *
 * A condition key that the sandbox does not know for a call never helps the caller (`conditions.ts`): a service says
 * that a key is known and absent by an empty list in `Permission.context`.
 */
export { CallLog, type CallRecord, type CheckedPermission } from './call-log';
export { PolicyError, TrustError, UnknownRoleError } from './errors';
export { evaluateIdentity } from './evaluate';
export { type Finding, policyFindings } from './findings';
export { Gate, type Session } from './gate';
export { managedPolicy } from './managed-policies';
export { type Policy, parsePolicy } from './policy';
export { type Role, Roles } from './roles';
