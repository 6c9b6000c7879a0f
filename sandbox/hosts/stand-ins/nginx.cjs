'use strict';
/**
 * A stand-in for nginx: a reverse proxy that reads the part of nginx.conf listed in `known` and refuses the rest by
 * name, as nginx does ("unknown directive"). `nginx` runs in the foreground (the unit is Type=simple); `-t` checks the
 * configuration; `-s reload|stop|quit` signals the one that runs.
 */
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const tls = require('node:tls');
const { mapPath } = require('../machine/paths.cjs');
const { refuse } = require('./ask-machine.cjs');

const root = process.env.LIFEBOAT_HOST_ROOT;
const pidFile = path.join(root, 'run/nginx.pid');
let file = mapPath(root, '/etc/nginx/nginx.conf');

/** Where each directive may stand. */
const known = {
  main: ['user', 'worker_processes', 'error_log', 'pid', 'events', 'http', 'daemon'],
  events: ['worker_connections'],
  http: [
    'server',
    'sendfile',
    'access_log',
    'default_type',
    'keepalive_timeout',
    'proxy_read_timeout',
    'server_tokens',
    'client_max_body_size',
  ],
  server: [
    'listen',
    'server_name',
    'location',
    'ssl_certificate',
    'ssl_certificate_key',
    'access_log',
    'proxy_read_timeout',
    'return',
    'client_max_body_size',
  ],
  location: [
    'proxy_pass',
    'proxy_set_header',
    'proxy_http_version',
    'proxy_read_timeout',
    'return',
    'default_type',
    'access_log',
  ],
};

class BadConfiguration extends Error {
  constructor(message, line) {
    super(line === undefined ? message : `${message} in /etc/nginx/nginx.conf:${line}`);
  }
}

function tokens(text) {
  const found = [];
  let line = 1;
  for (const [token] of text.matchAll(/\n|#[^\n]*|[{};]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s{};"']+/g)) {
    if (token === '\n') line += 1;
    else if (!token.startsWith('#')) {
      found.push({ token: token.replace(/^(["'])(.*)\1$/s, '$2'), line, quoted: /^["']/.test(token) });
      line += token.split('\n').length - 1;
    }
  }
  return found;
}

/** Directives of one block: `{name, args, line, block?}`. */
function block(list, context, depth = 0) {
  const directives = [];
  while (list.length > 0) {
    const first = list.shift();
    if (first.token === '}' && !first.quoted) {
      if (depth === 0) throw new BadConfiguration('unexpected "}"', first.line);
      return directives;
    }
    if (!known[context].includes(first.token))
      throw new BadConfiguration(`unknown directive "${first.token}"`, first.line);
    const directive = { name: first.token, args: [], line: first.line };
    for (;;) {
      const next = list.shift();
      if (next === undefined) throw new BadConfiguration('unexpected end of file, expecting ";" or "}"', first.line);
      if (next.quoted || !['{', '}', ';'].includes(next.token)) {
        directive.args.push(next.token);
        continue;
      }
      if (next.token === '}') throw new BadConfiguration('unexpected "}"', next.line);
      if (next.token === '{') directive.block = block(list, directive.name, depth + 1);
      break;
    }
    if (directive.name in known !== (directive.block !== undefined)) {
      throw new BadConfiguration(
        `directive "${directive.name}" has ${directive.block ? 'no' : 'not enough'} block`,
        first.line,
      );
    }
    directives.push(directive);
  }
  if (depth > 0) throw new BadConfiguration('unexpected end of file, expecting "}"');
  return directives;
}

const all = (directives, name) => directives.filter((one) => one.name === name);
const value = (name, ...places) =>
  places.map((place) => all(place, name).at(-1)?.args).find((args) => args !== undefined);

/** Milliseconds of nginx's times; 60 s where nothing is said, as nginx. */
const milliseconds = (text) => {
  const [, number, unit] = /^(\d+)(ms|s|m)?$/.exec(text ?? '60s') ?? [];
  if (number === undefined) throw new BadConfiguration(`invalid value "${text}"`);
  return Number(number) * { ms: 1, s: 1000, m: 60_000 }[unit ?? 's'];
};

/** Certificate and key of a server that listens with `ssl`; loaded and held against each other, as nginx -t does. */
function secure(server) {
  if (!value('listen', server.block)?.includes('ssl')) return undefined;
  const load = (name, what) => {
    const given = value(name, server.block)?.[0];
    if (given === undefined)
      throw new BadConfiguration(`no "${name}" is defined for the "listen ... ssl" directive`, server.line);
    try {
      return { given, text: fs.readFileSync(mapPath(root, given), 'utf8') };
    } catch {
      throw new BadConfiguration(
        `cannot load certificate ${what}"${given}": BIO_new_file() failed (SSL: error:80000002:system library::No such file or directory)`,
      );
    }
  };
  const [certificate, key] = [load('ssl_certificate', ''), load('ssl_certificate_key', 'key ')];
  try {
    tls.createSecureContext({ cert: certificate.text, key: key.text });
  } catch (error) {
    const mismatch = /key values mismatch/.test(error.message);
    throw new BadConfiguration(
      mismatch
        ? `SSL_CTX_use_PrivateKey("${key.given}") failed (SSL: error:05800074:x509 certificate routines::key values mismatch)`
        : `cannot load certificate "${certificate.given}": ${error.message}`,
    );
  }
  return { cert: certificate.text, key: key.text };
}

function read() {
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    throw new BadConfiguration('open() "/etc/nginx/nginx.conf" failed (2: No such file or directory)');
  }
  const main = block(tokens(text), 'main');
  if (all(main, 'events').length === 0) throw new BadConfiguration('no "events" section in configuration');
  return all(main, 'http').flatMap((web) =>
    all(web.block, 'server').map((server) => ({
      port: Number((value('listen', server.block)?.[0] ?? '80').replace(/^.*:/, '')),
      secure: secure(server),
      keepAlive: milliseconds(value('keepalive_timeout', web.block)?.[0] ?? '75s'),
      answer: value('return', server.block),
      locations: all(server.block, 'location')
        .map(({ args, block: inside, line }) => {
          const exact = args[0] === '=';
          if (!exact && args.length !== 1) throw new BadConfiguration(`invalid location modifier "${args[0]}"`, line);
          const upstream = value('proxy_pass', inside)?.[0];
          if (upstream !== undefined && !URL.canParse(upstream))
            throw new BadConfiguration(`invalid URL prefix "${upstream}"`, line);
          return {
            exact,
            prefix: args.at(-1),
            upstream: upstream === undefined ? undefined : new URL(upstream),
            answer: value('return', inside),
            type: value('default_type', inside, web.block)?.[0] ?? 'text/plain',
            timeout: milliseconds(value('proxy_read_timeout', inside, server.block, web.block)?.[0]),
          };
        })
        .sort((a, b) => Number(b.exact) - Number(a.exact) || b.prefix.length - a.prefix.length),
    })),
  );
}

const titles = { 404: 'Not Found', 502: 'Bad Gateway', 504: 'Gateway Time-out' };

function page(response, status) {
  const title = `${status} ${titles[status] ?? http.STATUS_CODES[status] ?? ''}`.trim();
  response
    .writeHead(status, { 'content-type': 'text/html', server: 'nginx' })
    .end(
      `<html>\n<head><title>${title}</title></head>\n<body>\n<center><h1>${title}</h1></center>\n<hr><center>nginx</center>\n</body>\n</html>\n`,
    );
}

function proxy(request, response, location) {
  const upstream = http.request({
    host: location.upstream.hostname,
    port: location.upstream.port || 80,
    method: request.method,
    path:
      location.upstream.pathname === '/'
        ? request.url
        : location.upstream.pathname + request.url.slice(location.prefix.length),
    headers: {
      ...request.headers,
      connection: 'close',
      'x-real-ip': request.socket.remoteAddress,
      'x-forwarded-for': [request.headers['x-forwarded-for'], request.socket.remoteAddress].filter(Boolean).join(', '),
    },
    agent: false,
  });
  const fail = (status) => {
    upstream.destroy();
    if (response.headersSent) response.destroy();
    else page(response, status);
  };
  upstream.setTimeout(location.timeout, () => fail(504));
  upstream.once('error', () => !response.writableEnded && fail(502));
  upstream.once('response', (answer) => {
    const { connection: _hop, 'keep-alive': _alive, 'transfer-encoding': _coding, ...rest } = answer.headers;
    response.writeHead(answer.statusCode, rest);
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  response.once('close', () => upstream.destroy());
  request.pipe(upstream);
}

function handle(server, request, response) {
  const uri = request.url.split('?')[0];
  const location = server.locations.find((one) => (one.exact ? uri === one.prefix : uri.startsWith(one.prefix)));
  const answer = location?.answer ?? (location === undefined ? server.answer : undefined);
  if (answer !== undefined) {
    request.resume();
    if (answer[1] === undefined) page(response, Number(answer[0]));
    else
      response
        .writeHead(Number(answer[0]), { 'content-type': location?.type ?? 'text/plain', server: 'nginx' })
        .end(answer[1]);
  } else if (location?.upstream === undefined) {
    request.resume();
    page(response, 404);
  } else proxy(request, response, location);
}

function emergency(error) {
  process.stderr.write(`nginx: [emerg] ${error.message}\n`);
  process.exit(1);
}

const listeners = new Map();
function serve(servers) {
  for (const [port, listener] of listeners) {
    if (servers.some((server) => server.port === port)) continue;
    listener.http.close();
    listeners.delete(port);
  }
  for (const server of servers) {
    const existing = listeners.get(server.port);
    if (existing) {
      existing.server = server;
      existing.http.keepAliveTimeout = server.keepAlive;
      if (server.secure !== undefined) existing.http.setSecureContext(server.secure);
      continue;
    }
    const listener = { server };
    const answer = (request, response) => {
      // To nginx 0 is "no connection is kept", to Node "none is ever ended".
      if (listener.server.keepAlive === 0) response.shouldKeepAlive = false;
      handle(listener.server, request, response);
    };
    listener.http = server.secure === undefined ? http.createServer(answer) : https.createServer(server.secure, answer);
    // Node's own 5 s are shorter than a load balancer's idle timeout: what is sent to a host that is slow just then is lost.
    listener.http.keepAliveTimeout = server.keepAlive;
    listener.http.once('error', (error) => {
      const problem = error.code === 'EADDRINUSE' ? '98: Address already in use' : error.message;
      emergency(new Error(`bind() to 0.0.0.0:${server.port} failed (${problem})`));
    });
    listener.http.listen(server.port);
    listeners.set(server.port, listener);
  }
}

function main() {
  const args = process.argv.slice(2);
  let check = false;
  while (args.length > 0) {
    const arg = args.shift();
    if (arg === '-t') check = true;
    else if (arg === '-q') continue;
    else if (arg === '-c') file = mapPath(root, args.shift());
    else if (arg === '-g') args.shift();
    else if (arg === '-s') {
      const signal = { reload: 'SIGHUP', stop: 'SIGTERM', quit: 'SIGQUIT' }[args[0]];
      if (signal === undefined) emergency(new Error(`invalid option: "-s ${args[0]}"`));
      try {
        process.kill(Number(fs.readFileSync(pidFile, 'utf8')), signal);
      } catch {
        emergency(new Error('open() "/run/nginx.pid" failed (2: No such file or directory)'));
      }
      return;
    } else refuse('nginx', arg);
  }
  let servers;
  try {
    servers = read();
  } catch (error) {
    if (!(error instanceof BadConfiguration)) throw error;
    if (check) error.message += '\nnginx: configuration file /etc/nginx/nginx.conf test failed';
    emergency(error);
  }
  if (check) {
    process.stderr.write('nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n');
    process.stderr.write('nginx: configuration file /etc/nginx/nginx.conf test is successful\n');
    return;
  }
  fs.writeFileSync(pidFile, String(process.pid));
  serve(servers);
  process.on('SIGHUP', () => {
    try {
      serve(read());
    } catch (error) {
      // A bad file leaves the old configuration in force, as with nginx.
      process.stderr.write(`nginx: [emerg] ${error.message}\n`);
    }
  });
  const leave = () => {
    fs.rmSync(pidFile, { force: true });
    process.exit(0);
  };
  process.on('SIGTERM', leave);
  process.on('SIGQUIT', leave);
}

main();
