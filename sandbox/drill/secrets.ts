import { type Deployment } from '../deployment';
import { type World } from './world';

/** The logins' secrets, and the hosts' role that may read them and put the agent's output into the report bucket. */
export function createSecrets(world: World, deployment: Deployment, hostRole: string, reportBucket: string): void {
  const { database } = world.description;
  const { configuration, files } = world.description;
  const ofConfiguration = configuration.files.flatMap((file) => (file.kind === 'env' ? file.secrets : []));
  const secret = (arn: string, value: object) => {
    const name = arn
      .split(':')
      .slice(6)
      .join(':')
      .replace(/-[A-Za-z0-9]{6}$/, '');
    const made = deployment.secrets.create(name, JSON.stringify(value));
    if (made !== arn) throw new TypeError(`the description names the secret ${arn}, Secrets Manager calls it ${made}`);
  };
  secret(database.masterSecretArn, { username: world.masterUsername, password: world.passwords.master });
  for (const { role, secretArn } of database.logins)
    secret(secretArn, { username: role, password: world.passwords.logins.get(role) ?? '' });
  for (const arn of new Set(ofConfiguration.map(({ secretArn }) => secretArn)))
    secret(arn, { value: world.passwords.session });
  deployment.addRole(hostRole, {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: [
          database.masterSecretArn,
          ...[...database.logins, ...ofConfiguration].map(({ secretArn }) => secretArn),
        ],
      },
      // The agent writes what is beyond the limits of GetCommandInvocation (docs/operating.md).
      { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${reportBucket}/commands/*` },
      // Archives of the application's files.
      ...(files.bucket === undefined
        ? []
        : [
            {
              Effect: 'Allow',
              Action: 's3:GetObjectVersion',
              Resource: `arn:aws:s3:::${files.bucket}/${files.prefix}*`,
            },
          ]),
      // Versions of the hosts' configuration.
      ...(configuration.bucket === undefined
        ? []
        : [
            {
              Effect: 'Allow',
              Action: 's3:GetObjectVersion',
              Resource: `arn:aws:s3:::${configuration.bucket}/${configuration.prefix}*`,
            },
          ]),
    ],
  });
}
