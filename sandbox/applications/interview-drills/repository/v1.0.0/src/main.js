'use strict';
const { loadConfig } = require('./config');
const { createSecret } = require('./secret');
const { createDatabase } = require('./database');
const { createMetrics } = require('./metrics');
const { createServer } = require('./server');
const build = require('./build.json');

const config = loadConfig();
const database = createDatabase(config, createSecret(config));
const server = createServer({ database, metrics: createMetrics(), build });

server.listen(config.port, () =>
  console.log(`interview-app ${build.version} (${build.commit}) on port ${config.port}`),
);

process.once('SIGTERM', () => {
  // Answers under way are finished; idle connections do not hold us up.
  server.close(() => database.close().finally(() => process.exit(0)));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), 3000).unref();
});
