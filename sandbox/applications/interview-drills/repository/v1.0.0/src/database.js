'use strict';
const fs = require('node:fs');
const tls = require('node:tls');
const { Pool } = require('pg');

/** PostgreSQL: invalid_password and invalid_authorization_specification. */
const loginRefused = ['28P01', '28000'];

/** The modes of libpq. */
function security(host, { mode, ca }) {
  if (mode === 'disable') return false;
  const trusted = ca === undefined ? {} : { ca: fs.readFileSync(ca, 'utf8') };
  switch (mode) {
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify-ca':
      return { ...trusted, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ...trusted, checkServerIdentity: (_, certificate) => tls.checkServerIdentity(host, certificate) };
    default:
      throw new Error(`Unknown TLS mode: ${mode}`);
  }
}

/**
 * A pool that resolves the server's name at each new connection, drops connections that broke, and reads the login
 * again when it is refused. A query that failed on an open connection is never repeated: it may have been done.
 */
function createDatabase(config, secret) {
  let current;
  async function open() {
    const { username } = await secret.read();
    const { host, port, name, ssl } = config.database;
    const pool = new Pool({
      host,
      port,
      database: name,
      user: username,
      password: async () => (await secret.read()).password,
      ssl: security(host, ssl),
      max: config.poolSize,
      connectionTimeoutMillis: config.connectMilliseconds,
      idleTimeoutMillis: 10_000,
      query_timeout: 5000,
      application_name: 'interview-app',
    });
    pool.on('error', (error) => console.error(`idle connection lost: ${error.message}`));
    return pool;
  }
  function pool() {
    current ??= open().catch((error) => {
      current = undefined;
      throw error;
    });
    return current;
  }
  async function reopen() {
    const old = current;
    current = undefined;
    secret.forget();
    await (await old)?.end().catch(() => undefined);
  }
  return {
    async query(text, values) {
      try {
        return await (await pool()).query(text, values);
      } catch (error) {
        if (!loginRefused.includes(error.code)) throw error;
        await reopen();
        return (await pool()).query(text, values);
      }
    },
    async close() {
      await (await current?.catch(() => undefined))?.end();
    },
  };
}

module.exports = { createDatabase };
