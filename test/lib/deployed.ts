import { SkippingClock } from '../../asl';
import { BUNDLES, buildLambdas } from '../../lambdas/build';
import { lifeboatApp, STACKS_CONTEXT } from '../../lib/app';
import { type Deployment, deploy } from '../../sandbox/deployment';
import { type Role } from '../../sandbox/identity';

/** Synthesizes the app into a folder as a deployment would. */
export function synthesized(outdir: string): string {
  buildLambdas();
  lifeboatApp(BUNDLES, { outdir, context: { [STACKS_CONTEXT]: 'Lifeboat-production,Lifeboat-drill' } }).synth();
  return outdir;
}

/** A stack of it with every reference resolved, so that its policies can be evaluated. Close what it returns. */
export async function deployed(assembly: string, environment: 'production' | 'drill'): Promise<Deployment> {
  return await deploy({ assembly, stack: `Lifeboat-${environment}`, clock: new SkippingClock(), services: [] });
}

/** The roles of a stack by their logical ids without the digest at the end. */
export function rolesById({ stack, parts }: Deployment): Map<string, Role> {
  const byName = new Map(parts.roles.all().map((role) => [role.name, role]));
  const found = new Map<string, Role>();
  for (const [logicalId, { type, ref }] of stack.resources) {
    if (type !== 'AWS::IAM::Role') continue;
    const role = byName.get(ref);
    if (role === undefined) throw new Error(`${logicalId} is no role of the deployment`);
    found.set(logicalId.replace(/[0-9A-F]{8}$/, ''), role);
  }
  return found;
}
