'use strict';
/**
 * `curl` of a host. Each URL's host is resolved by the sandbox (`localhost` is the host's own address) and given to
 * the system's curl with --resolve or --connect-to, so that the Host header and certificates keep the name; where there is no curl,
 * curl-client.cjs makes the request. Options are those that are known here: one that could lead elsewhere (-L, -x) must
 * not pass unnoticed.
 */
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { isOwn, realPort, resolve, address: ownAddress } = require('../machine/names.cjs');
const { become } = require('./become.cjs');
const { refuse } = require('./ask-machine.cjs');

const flags = {
  f: 'fail',
  s: 'silent',
  S: 'show-error',
  i: 'include',
  I: 'head',
  4: 'ipv4',
  q: 'disable',
};
const flagNames = [
  ...Object.values(flags),
  'retry-connrefused',
  'retry-all-errors',
  'fail-with-body',
  'http1.1',
  'no-keepalive',
];
const valued = {
  o: 'output',
  w: 'write-out',
  m: 'max-time',
  H: 'header',
  X: 'request',
  d: 'data',
  A: 'user-agent',
};
const valuedNames = [
  ...Object.values(valued),
  'connect-timeout',
  'retry',
  'retry-delay',
  'retry-max-time',
  'data-raw',
  'data-binary',
  'noproxy',
  'url',
  'cacert',
];

function parse(args) {
  const options = { urls: [], headers: [], data: [] };
  const set = (name, value) => {
    if (name === 'url') options.urls.push(value);
    else if (name === 'header') options.headers.push(value);
    else if (name.startsWith('data')) options.data.push(value);
    else options[name] = value;
  };
  const rest = [...args];
  while (rest.length > 0) {
    const arg = rest.shift();
    if (arg.startsWith('--')) {
      const name = arg.slice(2);
      if (flagNames.includes(name)) set(name, true);
      else if (valuedNames.includes(name)) set(name, rest.shift() ?? '');
      else refuse('curl', arg);
    } else if (arg.startsWith('-') && arg.length > 1) {
      for (let at = 1; at < arg.length; at += 1) {
        const letter = arg[at];
        if (letter in flags) set(flags[letter], true);
        else if (letter in valued) {
          set(valued[letter], at + 1 < arg.length ? arg.slice(at + 1) : (rest.shift() ?? ''));
          break;
        } else refuse('curl', `-${letter}`);
      }
    } else set('url', arg);
  }
  return options;
}

/** The first `curl` on the PATH that is not this one. */
function systemCurl() {
  if (process.env.LIFEBOAT_CURL === 'stand-in') return undefined;
  const own = process.env.LIFEBOAT_STAND_INS;
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== own);
  return folders.map((folder) => path.join(folder, 'curl')).find((file) => fs.existsSync(file));
}

async function run() {
  const args = process.argv.slice(2);
  const options = parse(args);
  if (options.urls.length === 0) {
    process.stderr.write("curl: no URL specified!\ncurl: try 'curl --help' or 'curl --manual' for more information\n");
    process.exitCode = 2;
    return;
  }
  const steer = [];
  for (const text of options.urls) {
    const url = new URL(/^\w+:\/\//.test(text) ? text : `http://${text}`);
    if (!['http:', 'https:'].includes(url.protocol)) refuse('curl', url.protocol);
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    const [address] = await resolve(url.hostname);
    if (address === undefined) {
      if (!options.silent || options['show-error']) {
        process.stderr.write(`curl: (6) Could not resolve host: ${url.hostname}\n`);
      }
      process.exitCode = 6;
      return;
    }
    const mapped = isOwn(url.hostname) || address === ownAddress ? realPort(port) : port;
    steer.push({ url, from: `${url.hostname}:${port}`, address, port: Number(mapped) });
  }
  const real = systemCurl();
  if (real === undefined) {
    const { request } = require('./curl-client.cjs');
    process.exitCode = await request(options, steer);
    return;
  }
  // --resolve leaves curl's messages as they are; it can neither change a port nor steer an address.
  const connect = steer.flatMap(({ url, from, address, port }) =>
    from === `${url.hostname}:${port}` && net.isIP(url.hostname) === 0
      ? ['--resolve', `${from}:${address}`]
      : ['--connect-to', `${from}:${address}:${port}`],
  );
  become(real, ['-q', '--noproxy', '*', ...connect, ...args], process.env);
}

void run();
