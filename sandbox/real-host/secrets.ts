import { type ImageDescription } from './image-folder';

/** Where the machine's own database has its logins' secrets, as long as no sandbox answers for it. */
export const secretArn = (role: keyof ImageDescription['passwords']): string =>
  `arn:aws:secretsmanager:eu-west-1:123456789012:secret:interview/${role}-a1b2c3`;

export const guestRegion = 'eu-west-1';

/** Answers for Secrets Manager with the logins of the database in the machine. */
export function ownSecrets({ passwords }: Pick<ImageDescription, 'passwords'>) {
  const values = new Map(
    (['master', 'app', 'reports'] as const).map((role) => [
      secretArn(role),
      JSON.stringify({ username: role, password: passwords[role] }),
    ]),
  );
  return ({ secretId }: { readonly secretId: string }): Promise<string> => {
    const value = values.get(secretId);
    if (value !== undefined) return Promise.resolve(value);
    const error = new Error(`Secrets Manager can't find the specified secret.`);
    error.name = 'ResourceNotFoundException';
    return Promise.reject(error);
  };
}
