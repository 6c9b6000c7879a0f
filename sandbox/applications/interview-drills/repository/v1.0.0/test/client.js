'use strict';
const { randomUUID } = require('node:crypto');
const { loadConfig } = require('../src/config');

const base = `http://localhost:${loadConfig().port}`;

async function call(method, path, body) {
  const response = await fetch(base + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: await response.json() };
}

/** Addresses under .invalid belong to nobody (RFC 2606): what tests leave behind can be told from people. */
const newUser = () => call('POST', '/api/users', { email: `test-${randomUUID()}@example.invalid`, name: 'Test' });

module.exports = { call, newUser };
