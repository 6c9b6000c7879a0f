'use strict';
/** Name resolution of a host: its sandbox's resolver and nothing else. For the stand-ins and the preload. */
const http = require('node:http');

const address = process.env.LIFEBOAT_ADDRESS;
const ports = JSON.parse(process.env.LIFEBOAT_PORTS ?? '{}');
const own = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::', 'ip6-localhost'];
const isOwn = (name) => own.includes(name.toLowerCase()) || name.toLowerCase().endsWith('.localhost');

/** Addresses of a name, an empty array where the sandbox does not know it. `localhost` is the host itself. */
function resolve(name) {
  if (isOwn(name)) return Promise.resolve([address]);
  if (require('node:net').isIP(name) !== 0) return Promise.resolve([name]);
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
