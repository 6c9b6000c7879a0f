'use strict';
const http = require('node:http');
const { routes } = require('./routes');

class BadRequest extends Error {}

async function readBody(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > 1_000_000) throw new BadRequest('body too large');
    parts.push(part);
  }
  if (length === 0) return {};
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    throw new BadRequest('body is not JSON');
  }
}

/** PostgreSQL: classes 22 (data exception) and 23 (constraint violation) are the client's doing. */
const clientsFault = (error) => error instanceof BadRequest || /^(22|23)\w{3}$/.test(error.code ?? '');

function createServer({ database, metrics, build }) {
  return http.createServer(async (request, response) => {
    const began = process.hrtime.bigint();
    const url = new URL(request.url, 'http://application');
    const found = routes.find(({ method, path }) => method === request.method && path.test(url.pathname));
    let answer = { status: 404, body: { error: 'not found' } };
    if (found) {
      try {
        const body = request.method === 'POST' ? await readBody(request) : {};
        const parameters = found.path.exec(url.pathname).slice(1);
        answer = await found.handle({
          database,
          metrics,
          build,
          body,
          parameters,
          query: url.searchParams,
          BadRequest,
        });
      } catch (error) {
        if (!clientsFault(error)) console.error(`${request.method} ${url.pathname}: ${error.stack}`);
        // Not acknowledged: nobody may take such an answer for a write that was done.
        answer = clientsFault(error)
          ? { status: 400, body: { error: error.message } }
          : { status: error.code === undefined ? 503 : 500, body: { error: error.message } };
      }
    }
    const text = JSON.stringify(answer.body);
    response.writeHead(answer.status, { 'content-type': 'application/json', 'x-version': build.version });
    response.end(text);
    const milliseconds = Number(process.hrtime.bigint() - began) / 1e6;
    metrics.record(found?.name ?? 'none', answer.status, milliseconds);
  });
}

module.exports = { createServer };
