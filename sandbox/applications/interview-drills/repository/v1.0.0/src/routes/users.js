'use strict';

async function createUser({ database, body, BadRequest }) {
  const { email, name } = body;
  if (typeof email !== 'string' || !email.includes('@')) throw new BadRequest('email is missing');
  if (typeof name !== 'string' || name === '') throw new BadRequest('name is missing');
  const { rows } = await database.query('INSERT INTO users (email, name) VALUES ($1, $2) RETURNING id', [email, name]);
  return { status: 201, body: { id: Number(rows[0].id) } };
}

module.exports = { users: [{ name: 'create-user', method: 'POST', path: /^\/api\/users$/, handle: createUser }] };
