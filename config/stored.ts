import { gunzipSync, gzipSync } from 'node:zlib';
import { InvalidDescriptionError } from './describe';
import type { Description } from './schema';

/** An advanced parameter (Systems Manager guide, Parameter Store quotas). */
const PARAMETER_CHARACTERS = 8192;

/**
 * The description as the stack stores it for its functions: one parameter, so that nobody reads half of an old one and
 * half of a new one; compressed (JSON, gzip, base64), since a described application fills a parameter otherwise.
 * @throws InvalidDescriptionError where Parameter Store would refuse it at the deployment
 */
export function stored(description: Description): string {
  const text = gzipSync(JSON.stringify(description), { level: 9 }).toString('base64');
  if (text.length <= PARAMETER_CHARACTERS) return text;
  const parts = Object.entries(description)
    .map(([name, part]) => ({ name, bytes: Buffer.byteLength(JSON.stringify(part)) }))
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, 3)
    .map((part) => `${part.name} (${part.bytes} bytes)`);
  throw new InvalidDescriptionError(
    `the description of ${description.environment} has ${text.length} characters when compressed; Parameter Store takes ${PARAMETER_CHARACTERS}. Most of it is ${parts.join(', ')}.`,
  );
}

/**
 * The JSON of a stored description, not parsed yet.
 * @throws Error of zlib where it was not stored by `stored`
 */
export function unstored(value: string): string {
  return gunzipSync(Buffer.from(value, 'base64')).toString('utf8');
}
