import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { ContractViolationError } from '../../contract/errors';
import { callAws } from './aws-errors';
import { client } from './clients';

/** Secrets Manager: a login's secret, read only where the password itself is needed. Nothing here names what it read. */

export interface LoginSecret {
  readonly version: string;
  /** Never to be logged, journalled, or put into a message. */
  readonly password: string;
}

const valueSchema = z.object({ password: z.string().min(1) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would quote the text.
    return undefined;
  }
}

/**
 * A login's secret as it is today, or in one version (Secrets Manager GetSecretValue).
 * @param version a VersionId; without it AWSCURRENT
 * @throws ContractViolationError where the secret is no JSON with `password`; the message does not quote it
 */
export async function readLogin(secretArn: string, version?: string): Promise<LoginSecret> {
  const answer = await callAws(`secretsmanager:GetSecretValue ${secretArn}`, () =>
    client(SecretsManagerClient).send(
      new GetSecretValueCommand({ SecretId: secretArn, ...(version !== undefined && { VersionId: version }) }),
    ),
  );
  const value = valueSchema.safeParse(parsed(answer.SecretString ?? ''));
  if (!value.success || answer.VersionId === undefined) {
    throw new ContractViolationError(`The secret ${secretArn} should be JSON with a field "password", in a version.`);
  }
  return { version: answer.VersionId, password: value.data.password };
}
