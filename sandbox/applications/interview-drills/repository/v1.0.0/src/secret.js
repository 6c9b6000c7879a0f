'use strict';
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

const run = promisify(execFile);

/** The database's login, by the instance's role. Kept until `forget`: after a rotation the old one is refused. */
function createSecret({ secretId, region }) {
  let pending;
  async function fetch() {
    const args = [
      'secretsmanager',
      'get-secret-value',
      '--secret-id',
      secretId,
      '--query',
      'SecretString',
      '--output',
      'text',
    ];
    if (region) args.push('--region', region);
    const { stdout } = await run('aws', args, { timeout: 10_000 });
    const { username, password } = JSON.parse(stdout);
    return { username, password };
  }
  return {
    read() {
      pending ??= fetch().catch((error) => {
        pending = undefined;
        throw new Error(`The database's secret could not be read: ${(error.stderr || error.message).trim()}`);
      });
      return pending;
    },
    forget() {
      pending = undefined;
    },
  };
}

module.exports = { createSecret };
