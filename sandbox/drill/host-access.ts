import { Readable } from 'node:stream';
import { type Deployment } from '../deployment';
import { type CliServices } from '../hosts';

/** What the hosts' `aws` commands are answered, by their role's policies. */
export function answersTo(deployment: () => Deployment): CliServices {
  return {
    getSecretValue: async ({ role, secretId }) => {
      const input = { SecretId: secretId };
      const answer = await deployment().call(role, 'a host', 'SecretsManager', 'GetSecretValue', input);
      if (
        typeof answer === 'object' &&
        answer !== null &&
        'SecretString' in answer &&
        typeof answer.SecretString === 'string'
      )
        return answer.SecretString;
      throw new TypeError(`the secret ${secretId} has no string`);
    },
    getObject: async ({ role, bucket, key, versionId }) => {
      const input = { Bucket: bucket, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
      const answer = await deployment().call(role, 'a host', 'S3', 'GetObject', input);
      if (typeof answer !== 'object' || answer === null || !('Body' in answer) || !(answer.Body instanceof Readable))
        throw new TypeError(`the object ${key} has no body`);
      const { Body: body } = answer;
      // Everything is in it already: the stream only never ends by itself.
      const part: unknown = body.read();
      return Buffer.isBuffer(part) ? part : Buffer.alloc(0);
    },
  };
}
