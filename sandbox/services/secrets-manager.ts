import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { type Clock } from '../../asl';
import { keyPermissions } from './keys';
import { operation } from './operation';
import { type Place, regionalArn } from './place';
import { AwsError, type Permission, type SimulatedService } from './service';

interface Version {
  readonly id: string;
  stages: string[];
  readonly value: string;
  readonly created: Date;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly keyArn: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly versions: Version[];
}

const getValue = z.strictObject({
  SecretId: z.string(),
  VersionId: z.string().optional(),
  VersionStage: z.string().optional(),
});

/** Secrets that the world of a sandbox supplies; rotating one makes a new current version and keeps the previous. */
export class Secrets implements SimulatedService {
  readonly name = 'SecretsManager';
  readonly standIn = {
    name: 'AWS Secrets Manager',
    instead: 'secrets in memory, made by the sandbox',
    differs: 'rotation is done by the sandbox, without a rotation function; no replication',
  };
  readonly #secrets: Secret[] = [];

  constructor(
    private readonly place: Place,
    private readonly clock: Clock,
  ) {}

  readonly operations = {
    GetSecretValue: operation(getValue, {
      invalid: 'InvalidParameterException',
      authorize: ({ SecretId, VersionStage, VersionId }) => [
        ...this.#permissions('GetSecretValue', SecretId, {
          'secretsmanager:VersionStage': VersionStage ?? (VersionId === undefined ? 'AWSCURRENT' : []),
          'secretsmanager:VersionId': VersionId ?? [],
        }),
        ...keyPermissions(this.#find(SecretId)?.keyArn, ['Decrypt']),
      ],
      perform: ({ SecretId, VersionId, VersionStage }) => this.#value(SecretId, VersionId, VersionStage),
    }),
    DescribeSecret: operation(z.strictObject({ SecretId: z.string() }), {
      authorize: ({ SecretId }) => this.#permissions('DescribeSecret', SecretId, {}),
      perform: ({ SecretId }) => {
        const { arn, name, tags, versions } = this.#get(SecretId);
        return {
          ARN: arn,
          Name: name,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
          VersionIdsToStages: Object.fromEntries(versions.map(({ id, stages }) => [id, [...stages]])),
        };
      },
    }),
  };

  /**
   * Makes a secret; returns its ARN.
   * @param options.suffix the six characters that AWS puts behind the name in the ARN, where a description names them
   * @throws AwsError ResourceExistsException
   */
  create(
    name: string,
    value: string,
    options: { tags?: Readonly<Record<string, string>>; keyArn?: string; suffix?: string } = {},
  ): string {
    if (this.#secrets.some((secret) => secret.name === name)) {
      throw new AwsError('ResourceExistsException', `The secret ${name} already exists.`);
    }
    const suffix = options.suffix ?? createHash('sha256').update(name).digest('hex').slice(0, 6);
    const arn = regionalArn(this.place, 'secretsmanager', `secret:${name}-${suffix}`);
    this.#secrets.push({
      arn,
      name,
      keyArn: options.keyArn,
      tags: options.tags ?? {},
      versions: [this.#version(value)],
    });
    return arn;
  }

  /** Puts a new value in force: the one before becomes AWSPREVIOUS. Returns the new version's id. */
  rotate(secretId: string, value: string): string {
    const { versions } = this.#get(secretId);
    for (const version of versions) {
      if (version.stages.includes('AWSCURRENT')) version.stages = ['AWSPREVIOUS'];
      else version.stages = version.stages.filter((stage) => stage !== 'AWSPREVIOUS');
    }
    const version = this.#version(value);
    versions.push(version);
    return version.id;
  }

  #version(value: string): Version {
    return { id: randomUUID(), stages: ['AWSCURRENT'], value, created: new Date(this.clock.now().at) };
  }

  #value(secretId: string, versionId: string | undefined, versionStage: string | undefined): object {
    const { arn, name, versions } = this.#get(secretId);
    const stage = versionStage ?? (versionId === undefined ? 'AWSCURRENT' : undefined);
    const version = versions.find(
      ({ id, stages }) =>
        (versionId === undefined || id === versionId) && (stage === undefined || stages.includes(stage)),
    );
    if (version === undefined) {
      const message = `Secrets Manager can't find the specified secret value for ${versionId ?? `staging label: ${stage ?? ''}`}`;
      throw new AwsError('ResourceNotFoundException', message);
    }
    return {
      ARN: arn,
      Name: name,
      VersionId: version.id,
      VersionStages: [...version.stages],
      SecretString: version.value,
      CreatedDate: version.created,
    };
  }

  #permissions(action: string, secretId: string, context: NonNullable<Permission['context']>): Permission[] {
    const secret = this.#find(secretId);
    const resource =
      secret?.arn ??
      (secretId.startsWith('arn:') ? secretId : regionalArn(this.place, 'secretsmanager', `secret:${secretId}-??????`));
    const tags = Object.entries(secret?.tags ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value] as const);
    return [
      {
        action: `secretsmanager:${action}`,
        resource,
        context: {
          ...context,
          'secretsmanager:SecretId': secretId,
          'aws:ResourceTag/': [],
          ...Object.fromEntries(tags),
        },
      },
    ];
  }

  #find(secretId: string): Secret | undefined {
    return this.#secrets.find(
      ({ arn, name }) => secretId === arn || secretId === name || `${secretId}-` === arn.slice(0, -6),
    );
  }

  #get(secretId: string): Secret {
    const secret = this.#find(secretId);
    if (secret === undefined) {
      throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return secret;
  }
}
