'use strict';
const assert = require('node:assert/strict');
const { test } = require('node:test');
const { call, newUser } = require('./client');

test('the application is healthy', async () => {
  const { status, body } = await call('GET', '/api/health');
  assert.equal(status, 200, JSON.stringify(body));
});

test('an evaluation that is acknowledged can be read', async () => {
  const user = await newUser();
  assert.equal(user.status, 201, JSON.stringify(user.body));
  const made = await call('POST', '/api/evaluations', {
    userId: user.body.id,
    questionId: 1,
    score: 80,
    feedback: 'clear',
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.ok(Date.parse(made.body.committedAt) > 0);
  assert.match(made.body.transaction, /^\d+$/);
  const read = await call('GET', `/api/evaluations/${made.body.id}`);
  assert.equal(read.status, 200);
  assert.equal(read.body.score, 80);
  assert.equal(read.body.feedback, 'clear');
});
