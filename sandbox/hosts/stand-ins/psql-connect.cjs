'use strict';
/** Connects with libpq's environment variables, and words a failure as libpq does. */
const fs = require('node:fs');
const os = require('node:os');
const tls = require('node:tls');
const { refuse } = require('./ask-machine.cjs');

const modes = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];

function security(environment, host) {
  const mode = environment.PGSSLMODE ?? 'prefer';
  if (!modes.includes(mode)) refuse('psql', `PGSSLMODE=${mode}`);
  if (mode === 'disable') return { mode, ssl: false };
  const file = environment.PGSSLROOTCERT;
  if (mode.startsWith('verify') && file === undefined) {
    throw Object.assign(new Error('root certificate file "~/.postgresql/root.crt" does not exist'), {
      code: 'NO_ROOT',
    });
  }
  if (mode.startsWith('verify') && !fs.existsSync(file)) {
    throw new Error(
      `root certificate file "${file}" does not exist\nEither provide the file or change sslmode to disable server certificate verification.`,
    );
  }
  // libpq checks the chain for `require`, too, where a root certificate is given (for compatibility, says its manual).
  const checked = file !== undefined && mode !== 'prefer' && fs.existsSync(file);
  const checkServerIdentity = (_, certificate) => {
    if (mode !== 'verify-full') return undefined;
    const problem = tls.checkServerIdentity(host, certificate);
    if (problem === undefined) return undefined;
    const message = `server certificate for "${certificate.subject.CN}" does not match host name "${host}"`;
    return Object.assign(new Error(message), { code: 'WRONG_NAME' });
  };
  return {
    mode,
    ssl: {
      rejectUnauthorized: checked,
      checkServerIdentity,
      ...(checked ? { ca: fs.readFileSync(file, 'utf8') } : {}),
    },
  };
}

const wording = {
  ECONNREFUSED: 'Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?',
  ETIMEDOUT: 'timeout expired',
  ECONNRESET:
    'server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\n\tbefore or while processing the request.',
};

function explain(error) {
  if (error.severity !== undefined) return `${error.severity}:  ${error.message}`;
  if (error.message.includes('timeout')) return wording.ETIMEDOUT;
  if (error.message === 'Connection terminated unexpectedly') return wording.ECONNRESET;
  if (error.message === 'The server does not support SSL connections')
    return 'server does not support SSL, but SSL was required';
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(error.code ?? '')) return 'SSL error: certificate verify failed';
  if (/password must be a string/.test(error.message)) return 'fe_sendauth: no password supplied';
  return wording[error.code] ?? error.message;
}

/** Throws an error whose message is psql's; that names the address alone, since PGHOSTADDR is always set. */
async function connect(environment) {
  const { Client } = require('pg');
  const host = environment.PGHOST;
  const address = environment.PGHOSTADDR ?? host;
  const port = Number(environment.PGPORT ?? 5432);
  const user = environment.PGUSER ?? os.userInfo().username;
  if (host.startsWith('/')) {
    const socket = `${host}/.s.PGSQL.${port}`;
    throw new Error(
      `connection to server on socket "${socket}" failed: No such file or directory\n\tIs the server running locally and accepting connections on that socket?`,
    );
  }
  const open = async (ssl) => {
    const timeout = Number(environment.PGCONNECT_TIMEOUT ?? 0);
    const client = new Client({
      host: address,
      port,
      user,
      database: environment.PGDATABASE ?? user,
      password: environment.PGPASSWORD,
      application_name: environment.PGAPPNAME ?? 'psql',
      options: environment.PGOPTIONS,
      ssl,
      // libpq takes less than two seconds for two.
      ...(timeout > 0 ? { connectionTimeoutMillis: Math.max(timeout, 2) * 1000 } : {}),
    });
    // The loss of an open connection is told by the query that fails.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  };
  try {
    const { mode, ssl } = security(environment, host);
    try {
      return await open(ssl);
    } catch (error) {
      if (mode !== 'prefer' || error.message !== 'The server does not support SSL connections') throw error;
      return await open(false);
    }
  } catch (error) {
    throw new Error(`connection to server at "${address}", port ${port} failed: ${explain(error)}`, { cause: error });
  }
}

module.exports = { connect };
