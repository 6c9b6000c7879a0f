'use strict';
/** The part of curl that the documents use, for a computer without it. Exit codes and messages are curl's. */
const fs = require('node:fs');
const http = require('node:http');
const { setTimeout: pause } = require('node:timers/promises');
const { refuse } = require('./ask-machine.cjs');

/** Responses that `--retry` takes for transient (curl(1), --retry). */
const transient = [408, 429, 500, 502, 503, 504];

function body(options) {
  if (options.data.length === 0) return undefined;
  return options.data
    .map((one) => (one.startsWith('@') ? fs.readFileSync(one === '@-' ? 0 : one.slice(1)) : one))
    .join('&');
}

function headers(options, data) {
  const given = options.headers.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
  return {
    'user-agent': options['user-agent'] ?? 'curl/stand-in',
    accept: '*/*',
    ...(data === undefined
      ? {}
      : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(data) }),
    ...Object.fromEntries(given),
  };
}

/** One attempt: `{code, message, status, content, seconds}`. */
function attempt(options, target, data) {
  const began = process.hrtime.bigint();
  const limit = options['max-time'] === undefined ? undefined : Number(options['max-time']) * 1000;
  return new Promise((resolve) => {
    const seconds = () => Number(process.hrtime.bigint() - began) / 1e9;
    const finish = (result) => {
      clearTimeout(timer);
      resolve({ status: 0, content: Buffer.alloc(0), headers: '', seconds: seconds(), ...result });
    };
    const request = http.request({
      host: target.address,
      port: target.port,
      path: target.url.pathname + target.url.search,
      method: options.request ?? (options.head ? 'HEAD' : data === undefined ? 'GET' : 'POST'),
      headers: { host: target.url.host, ...headers(options, data) },
      agent: false,
    });
    const timer =
      limit === undefined
        ? undefined
        : setTimeout(() => {
            request.destroy();
            finish({ code: 28, message: `Operation timed out after ${limit} milliseconds with 0 bytes received` });
          }, limit);
    request.once('error', (error) => {
      if (error.code === 'ECONNREFUSED') {
        const { hostname } = target.url;
        finish({
          code: 7,
          message: `Failed to connect to ${hostname} port ${target.from.split(':').at(-1)} after 0 ms: Couldn't connect to server`,
        });
      } else finish({ code: error.code === 'ECONNRESET' ? 52 : 56, message: 'Empty reply from server' });
    });
    request.once('response', async (response) => {
      const parts = [];
      try {
        for await (const part of response) parts.push(part);
      } catch {
        finish({ code: 18, message: 'transfer closed with outstanding read data remaining' });
        return;
      }
      const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
      for (let at = 0; at < response.rawHeaders.length; at += 2)
        lines.push(`${response.rawHeaders[at]}: ${response.rawHeaders[at + 1]}`);
      finish({
        code: 0,
        status: response.statusCode,
        content: Buffer.concat(parts),
        headers: `${lines.join('\r\n')}\r\n\r\n`,
      });
    });
    request.end(data);
  });
}

function written(format, result, url) {
  const variables = {
    http_code: String(result.status).padStart(3, '0'),
    response_code: String(result.status).padStart(3, '0'),
    time_total: result.seconds.toFixed(6),
    size_download: String(result.content.length),
    url_effective: url,
    exitcode: String(result.code),
  };
  return format
    .replace(/%\{(\w+)\}/g, (_, name) => variables[name] ?? refuse('curl', `%{${name}}`))
    .replace(/\\([nrt\\])/g, (_, letter) => ({ n: '\n', r: '\r', t: '\t', '\\': '\\' })[letter]);
}

async function one(options, target) {
  if (target.url.protocol === 'https:') refuse('curl', 'https without the system curl');
  const data = body(options);
  let left = Number(options.retry ?? 0);
  for (let wait = 1; ; wait *= 2) {
    const result = await attempt(options, target, data);
    if (result.code === 0 && result.status >= 400 && (options.fail || options['fail-with-body'])) {
      Object.assign(result, { code: 22, message: `The requested URL returned error: ${result.status}` });
      if (options.fail) result.content = Buffer.alloc(0);
    }
    if (result.code !== 0 && (!options.silent || options['show-error'])) {
      process.stderr.write(`curl: (${result.code}) ${result.message}\n`);
    }
    const retried =
      transient.includes(result.status) ||
      result.code === 28 ||
      (result.code === 7 && options['retry-connrefused']) ||
      (options['retry-all-errors'] && result.code !== 0);
    if (!retried || left === 0) return result;
    left -= 1;
    await pause(Number(options['retry-delay'] ?? wait) * 1000);
  }
}

async function request(options, targets) {
  let exitCode = 0;
  for (const target of targets) {
    const result = await one(options, target);
    if (result.code === 0 || options['fail-with-body']) {
      const content = Buffer.concat([
        Buffer.from(options.include || options.head ? result.headers : ''),
        result.content,
      ]);
      if (options.output === undefined) process.stdout.write(content);
      else fs.writeFileSync(options.output === '-' ? 1 : options.output, content);
    }
    if (options['write-out'] !== undefined)
      process.stdout.write(written(options['write-out'], result, target.url.href));
    exitCode = result.code;
  }
  return exitCode;
}

module.exports = { request };
