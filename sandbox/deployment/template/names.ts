import { createHash } from 'node:crypto';

/**
 * The physical name that CloudFormation would make up: `<stack>-<logical id>-<suffix>`, cut to the type's limit. The
 * suffix is the same for the same stack and id, so that two sandboxes of one assembly compare.
 */
export function physicalName(stack: string, logicalId: string, longest: number, lowerCase = false): string {
  const suffix = createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, 12);
  const room = longest - suffix.length - 1;
  const half = Math.floor((room - 1) / 2);
  const readable = stack.length + logicalId.length + 1 <= room ? `${stack}-${logicalId}` : cut(stack, logicalId, half);
  const name = `${readable}-${lowerCase ? suffix : suffix.toUpperCase()}`;
  return lowerCase ? name.toLowerCase() : name;
}

function cut(stack: string, logicalId: string, half: number): string {
  return `${stack.slice(0, half)}-${logicalId.slice(0, half)}`;
}
