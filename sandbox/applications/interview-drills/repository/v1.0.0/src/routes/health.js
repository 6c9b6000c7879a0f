'use strict';
const { needs } = require('../schema');

const numbers = (version) => version.split('.').map(Number);
const older = (a, b) => {
  const [left, right] = [numbers(a), numbers(b)];
  const at = left.findIndex((number, index) => number !== right[index]);
  return at !== -1 && left[at] < right[at];
};

const newest = `SELECT version, current_database() AS name FROM schema_migrations
  ORDER BY string_to_array(version, '.')::int[] DESC LIMIT 1`;

async function readHealth({ database, build }) {
  const unhealthy = (reason) => ({ status: 503, body: { status: 'unhealthy', version: build.version, reason } });
  try {
    const { rows } = await database.query(newest);
    if (rows.length === 0) return unhealthy('database: no migration was applied');
    const [{ version: schema, name }] = rows;
    if (older(schema, needs)) return unhealthy(`database: schema ${schema} is older than ${needs}`);
    return { status: 200, body: { status: 'healthy', version: build.version, database: { name, schema } } };
  } catch (error) {
    return unhealthy(`database: ${error.message}`);
  }
}

module.exports = {
  health: [
    { name: 'health', method: 'GET', path: /^\/api\/health$/, handle: readHealth },
    {
      name: 'metrics',
      method: 'GET',
      path: /^\/api\/metrics$/,
      handle: ({ metrics }) => ({ status: 200, body: metrics.read() }),
    },
  ],
};
