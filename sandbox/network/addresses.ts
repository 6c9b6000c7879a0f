import * as net from 'node:net';
import { randomInt } from 'node:crypto';
import { NoFreeAddress, NoFreePort } from './errors';

/** Held open on each claimed address, so that several sandboxes on one machine never share one. */
const claimPort = 31_999;

/** Below 32768, where Linux starts to hand out ports for outgoing connections: none of those can take ours. */
const ports = { first: 20_000, last: 31_900 };

function listen(address: string, port: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen({ host: address, port, exclusive: true }, () => {
      resolve(server);
    });
  });
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

/** Whether this process may listen there now: a port below 1024 may want a privilege. */
export async function canListen(address: string, port: number): Promise<boolean> {
  try {
    await close(await listen(address, port));
    return true;
  } catch {
    return false;
  }
}

/** Throws NoFreePort. The port is free at this moment, not reserved: listen on it at once. */
export async function freePort(address: string): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(ports.first, ports.last);
    if (await canListen(address, port)) return port;
  }
  throw new NoFreePort(`No free port between ${ports.first} and ${ports.last} on ${address}`);
}

/**
 * Loopback addresses, one for each simulated machine or server. Linux answers on all of 127.0.0.0/8 without any
 * configuration; elsewhere only 127.0.0.1 is there, so everybody gets that and must differ by port (`sharesAddress`).
 */
export class AddressPool {
  readonly sharesAddress: boolean;
  readonly #claims = new Map<string, net.Server>();

  constructor(platform: NodeJS.Platform = process.platform) {
    this.sharesAddress = platform !== 'linux';
  }

  /** An address nobody else has claimed, held until it is released or this process ends. Throws NoFreeAddress. */
  async claim(): Promise<string> {
    if (this.sharesAddress) return '127.0.0.1';
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const address = `127.0.${randomInt(16, 250)}.${randomInt(1, 255)}`;
      try {
        const server = await listen(address, claimPort);
        // A claim must not keep a finished sandbox running.
        server.unref();
        this.#claims.set(address, server);
        return address;
      } catch {
        // Claimed by another sandbox: try the next.
      }
    }
    throw new NoFreeAddress(`No loopback address could be claimed: is something listening on port ${claimPort}?`);
  }

  async release(address: string): Promise<void> {
    const server = this.#claims.get(address);
    this.#claims.delete(address);
    if (server !== undefined) await close(server);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#claims.keys()].map((address) => this.release(address)));
  }
}
