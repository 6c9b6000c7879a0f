'use strict';
/** Name resolution of a host: its table of hosts, then its sandbox's resolver, and nothing else. For the stand-ins and the preload. */
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');

const address = process.env.LIFEBOAT_ADDRESS;
const ports = JSON.parse(process.env.LIFEBOAT_PORTS ?? '{}');
const own = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::', 'ip6-localhost'];
const isOwn = (name) => own.includes(name.toLowerCase()) || name.toLowerCase().endsWith('.localhost');

/** Addresses of a name in the host's own /etc/hosts, which comes before any server (nsswitch: files dns). */
function fromTable(name) {
  const root = process.env.LIFEBOAT_HOST_ROOT;
  const file = root === undefined ? undefined : path.join(root, 'etc/hosts');
  if (file === undefined || !fs.existsSync(file)) return [];
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([, ...names]) => names.some((one) => one.toLowerCase() === name.toLowerCase()))
    .map(([found]) => found);
}

/** Addresses of a name, an empty array where the sandbox does not know it. `localhost` is the host itself. */
function resolve(name) {
  if (isOwn(name)) return Promise.resolve([address]);
  if (require('node:net').isIP(name) !== 0) return Promise.resolve([name]);
  const known = fromTable(name);
  if (known.length > 0) return Promise.resolve(known);
  return new Promise((done, fail) => {
    http
      .get(`${process.env.LIFEBOAT_RESOLVER}/${encodeURIComponent(name)}`, { agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (part) => (body += part));
        response.once('end', () => done(response.statusCode === 200 ? JSON.parse(body).addresses : []));
      })
      .once('error', fail);
  });
}

/** The port on which this host really serves `port`: a low one may be forbidden to us. */
const realPort = (port) => ports[String(port)] ?? Number(port);

module.exports = { address, isOwn, realPort, resolve };
