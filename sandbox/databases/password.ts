/** SCRAM-SHA-256 verifiers, so that no statement sent to a server ever contains a password. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { PasswordRefusedError } from './errors';

/** PostgreSQL's own default. */
const ITERATIONS = 4096;

/**
 * What PostgreSQL stores for a password (RFC 5802, RFC 7677).
 * @param password printable ASCII, as RDS demands; others would need SASLprep
 * @throws PasswordRefusedError
 */
export function scramVerifier(password: string): string {
  if (!/^[\x20-\x7e]{1,128}$/.test(password))
    throw new PasswordRefusedError('a password is 1 to 128 printable ASCII characters');
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`;
}
