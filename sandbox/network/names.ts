import * as http from 'node:http';
import * as net from 'node:net';
import { AliasLoop, NameNotFound } from './errors';

export type NameRecord =
  | { readonly kind: 'address'; readonly addresses: readonly string[]; readonly ttlSeconds: number }
  | { readonly kind: 'alias'; readonly target: string; readonly ttlSeconds: number };

export interface Resolution {
  readonly addresses: readonly string[];
  /** The shortest time to live along the chain. Hosts of the sandbox ask each time; it is here for who caches. */
  readonly ttlSeconds: number;
  /** The names that were followed, first the one asked for. */
  readonly chain: readonly string[];
}

/** As many aliases as a resolver commonly follows (glibc and BIND stop near this). */
const longestChain = 10;

const normal = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/**
 * The names that hosts of a sandbox can resolve, and the only ones: a host that could resolve a name of the real
 * world could reach it, and a rehearsed recovery must have no way out. A change is visible from the moment of `set`;
 * whoever simulates the control plane calls it when the change is in sync.
 */
export class NameResolver {
  readonly #records = new Map<string, NameRecord>();
  #server: http.Server | undefined;

  set(name: string, addresses: readonly string[], ttlSeconds = 60): void {
    this.#records.set(normal(name), { kind: 'address', addresses: [...addresses], ttlSeconds });
  }

  setAlias(name: string, target: string, ttlSeconds = 60): void {
    this.#records.set(normal(name), { kind: 'alias', target: normal(target), ttlSeconds });
  }

  remove(name: string): void {
    this.#records.delete(normal(name));
  }

  record(name: string): NameRecord | undefined {
    return this.#records.get(normal(name));
  }

  /** Throws NameNotFound, AliasLoop. An address resolves to itself. */
  resolve(name: string): Resolution {
    if (net.isIP(name) !== 0) return { addresses: [name], ttlSeconds: 0, chain: [name] };
    const chain = [normal(name)];
    let ttlSeconds = Number.POSITIVE_INFINITY;
    for (let current = normal(name); ;) {
      const record = this.#records.get(current);
      if (record === undefined) throw new NameNotFound(current);
      ttlSeconds = Math.min(ttlSeconds, record.ttlSeconds);
      if (record.kind === 'address') {
        if (record.addresses.length === 0) throw new NameNotFound(current);
        return { addresses: record.addresses, ttlSeconds, chain };
      }
      current = record.target;
      if (chain.includes(current) || chain.length > longestChain) {
        throw new AliasLoop(`The aliases of ${name} do not end: ${[...chain, current].join(' > ')}`);
      }
      chain.push(current);
      if (net.isIP(current) !== 0) return { addresses: [current], ttlSeconds, chain };
    }
  }

  /**
   * Answers host processes: `GET /NAME` gives `{addresses, ttlSeconds, chain}` as JSON, 404 when there is none.
   * Returns the URL for `HostOptions.resolver`.
   */
  async serve(): Promise<string> {
    const server = http.createServer((request, response) => {
      const name = decodeURIComponent((request.url ?? '/').slice(1));
      try {
        const answer = JSON.stringify(this.resolve(name));
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(answer);
      } catch (error) {
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: error instanceof Error ? error.name : 'Error' }));
      }
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    server.unref();
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('A TCP server has an address and a port');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => {
        resolve();
      });
    });
  }
}
