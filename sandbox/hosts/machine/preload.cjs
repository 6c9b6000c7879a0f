'use strict';
/**
 * Loaded into every Node process of a host (NODE_OPTIONS), because all hosts of a sandbox share this computer:
 * - a server that listens on every interface, or on localhost, listens on the host's own loopback address (and, where
 *   the port is not permitted, on the one that LIFEBOAT_PORTS gives for it), so that each host has its port 3000;
 * - a connection to localhost goes to the host's own address;
 * - names are those of the sandbox's resolver; anything else is not found, so that nothing gets out.
 * The programs of the application need to know nothing about it.
 */
const dns = require('node:dns');
const net = require('node:net');
const { address, isOwn, realPort, resolve } = require('./names.cjs');

const notFound = (name) =>
  Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
    errno: -3008,
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname: name,
  });

if (address !== undefined) {
  const resolver = new URL(process.env.LIFEBOAT_RESOLVER);
  const { listen } = net.Server.prototype;
  const { connect } = net.Socket.prototype;

  dns.lookup = (name, options, callback = options) => {
    const all = typeof options === 'object' && options !== null && options.all === true;
    resolve(name ?? 'localhost').then(
      (found) => {
        if (found.length === 0) callback(notFound(name));
        else if (all)
          callback(
            null,
            found.map((one) => ({ address: one, family: net.isIP(one) })),
          );
        else callback(null, found[0], net.isIP(found[0]));
      },
      (error) => callback(error),
    );
  };
  dns.promises.lookup = (name, options) =>
    new Promise((done, fail) => {
      dns.lookup(name, { ...(typeof options === 'object' ? options : {}), all: true }, (error, found) => {
        if (error) fail(error);
        else done(typeof options === 'object' && options?.all === true ? found : found[0]);
      });
    });

  net.Server.prototype.listen = function (...given) {
    const [first] = given;
    const options = typeof first === 'object' && first !== null ? first : { port: first };
    const port = typeof options.port === 'string' && /^\d+$/.test(options.port) ? Number(options.port) : options.port;
    if (typeof port !== 'number') return listen.apply(this, given);
    const host = options.host ?? (typeof given[1] === 'string' ? given[1] : undefined);
    const callback = given.findLast((one) => typeof one === 'function');
    const mine = host === undefined || isOwn(host) || host === address;
    const wanted = { ...options, port: mine ? realPort(port) : port, host: mine ? address : host };
    return listen.apply(this, callback === undefined ? [wanted] : [wanted, callback]);
  };

  net.Socket.prototype.connect = function (...given) {
    // net.connect hands over its arguments as one normalized array.
    const list = Array.isArray(given[0]) ? given[0] : given;
    const [first] = list;
    const options =
      typeof first === 'object' && first !== null
        ? first
        : { port: first, host: typeof list[1] === 'string' ? list[1] : undefined };
    if (options.port === undefined || options.path) return connect.apply(this, given);
    const host = options.host ?? 'localhost';
    if (host === resolver.hostname && String(options.port) === resolver.port) return connect.apply(this, given);
    const callback = list.findLast((one) => typeof one === 'function');
    const wanted = { ...options, lookup: options.lookup ?? dns.lookup };
    if (isOwn(host)) Object.assign(wanted, { host: address, port: realPort(options.port) });
    return connect.apply(this, callback === undefined ? [wanted] : [wanted, callback]);
  };
}
