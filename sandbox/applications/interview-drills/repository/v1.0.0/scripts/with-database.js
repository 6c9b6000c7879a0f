'use strict';
/** Runs a command with libpq's variables for the configured database; the password is in the environment only. */
const { spawn } = require('node:child_process');
const { loadConfig } = require('../src/config');
const { createSecret } = require('../src/secret');

async function main() {
  const config = loadConfig();
  const { username, password } = await createSecret(config).read();
  const { host, port, name, ssl } = config.database;
  const [program, ...args] = process.argv.slice(2);
  const child = spawn(program, args, {
    stdio: 'inherit',
    env: {
      ...process.env,
      PGHOST: host,
      PGPORT: String(port),
      PGDATABASE: name,
      PGUSER: username,
      PGPASSWORD: password,
      PGSSLMODE: ssl.mode,
      PGCONNECT_TIMEOUT: '5',
      ...(ssl.ca ? { PGSSLROOTCERT: ssl.ca } : {}),
    },
  });
  child.once('error', (error) => {
    console.error(error.message);
    process.exitCode = 127;
  });
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
