'use strict';
const { randomUUID } = require('node:crypto');
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { call, newUser } = require('./client');

require('./critical.test.js');

test('a user has one address', async () => {
  const email = `test-${randomUUID()}@example.invalid`;
  assert.equal((await call('POST', '/api/users', { email, name: 'One' })).status, 201);
  assert.equal((await call('POST', '/api/users', { email, name: 'Two' })).status, 400);
});

test('bad evaluations are refused', async () => {
  const user = await newUser();
  const good = { userId: user.body.id, questionId: 1, score: 10, feedback: '' };
  for (const bad of [{ score: 101 }, { score: -1 }, { userId: 'x' }, { questionId: 2 ** 40 }, { feedback: 5 }]) {
    const { status } = await call('POST', '/api/evaluations', { ...good, ...bad });
    assert.equal(status, 400, JSON.stringify(bad));
  }
});

test('what is not there is not found', async () => {
  assert.equal((await call('GET', '/api/evaluations/999999999999')).status, 404);
  assert.equal((await call('GET', '/api/nothing')).status, 404);
});

test('metrics count requests', async () => {
  const before = await call('GET', '/api/metrics');
  await call('GET', '/api/health');
  const after = await call('GET', '/api/metrics');
  assert.ok(after.body.requests > before.body.requests);
  assert.ok(after.body.latencyMs.p95 >= after.body.latencyMs.p50);
});
