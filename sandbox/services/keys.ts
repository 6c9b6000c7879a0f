import { type Permission } from './service';

/** What a call needs beside its own permission where the resource is encrypted with a key of the customer. */
export function keyPermissions(
  keyArn: string | undefined,
  actions: readonly string[],
  context?: Permission['context'],
): Permission[] {
  if (keyArn === undefined) return [];
  return actions.map((action) => ({
    action: `kms:${action}`,
    resource: keyArn,
    ...(context === undefined ? {} : { context }),
  }));
}
