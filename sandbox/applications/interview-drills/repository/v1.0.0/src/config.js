'use strict';
const fs = require('node:fs');
const path = require('node:path');

const root = path.resolve(__dirname, '..');

function readJson(file) {
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
}

/** `KEY=value` lines. systemd reads this file for the service; scripts are started without it. */
function readEnvironmentFile() {
  const file = path.join(root, '.env.production');
  if (!fs.existsSync(file)) return {};
  const lines = fs.readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(
    lines
      .filter((line) => /^\w+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

function loadConfig() {
  const environment = { ...readEnvironmentFile(), ...process.env };
  const base = readJson(path.join(root, 'config/default.json'));
  const own = readJson(path.join(root, 'config/production.json'));
  const database = { ...base.database, ...own.database };
  database.ssl = { ...base.database.ssl, ...own.database?.ssl };
  if (environment.DATABASE_HOST) database.host = environment.DATABASE_HOST;
  if (environment.DATABASE_PORT) database.port = Number(environment.DATABASE_PORT);
  if (environment.DATABASE_NAME) database.name = environment.DATABASE_NAME;
  return {
    ...base,
    ...own,
    database,
    port: Number(environment.PORT ?? own.port ?? base.port),
    secretId: environment.DATABASE_SECRET_ID ?? own.secretId ?? base.secretId,
    region: environment.AWS_REGION ?? own.region,
    connectMilliseconds: Number(environment.DATABASE_CONNECT_MILLISECONDS ?? base.connectMilliseconds),
  };
}

module.exports = { loadConfig };
