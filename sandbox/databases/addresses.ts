/**
 * Loopback addresses for servers. On Linux all of 127.0.0.0/8 answers, so that several servers share the port that
 * clients expect; elsewhere (macOS) only 127.0.0.1 does, and each server gets a port of its own.
 */
import { createServer, type Server } from 'node:net';
import { AddressesExhaustedError } from './errors';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface AddressPoolOptions {
  /** The port that all servers should share; default 5432. */
  readonly port?: number;
  /** The first three numbers of the addresses; default `127.0.7`. */
  readonly network?: string;
}

/** Below 32768, where Linux starts to give ports to outgoing connections, and above what needs privileges. */
const SPARE: { readonly first: number; readonly last: number } = { first: 20000, last: 25999 };
/**
 * A held address is claimed by a listener of ours on a second port of the same host: other processes see it, also
 * while the server itself is stopped, and the kernel ends it with this process.
 */
const CLAIM = { sparePortPlus: 6000, sharedPort: 32001 } as const;
/** After so many neighbours with the port taken but not claimed, somebody listens on all addresses (0.0.0.0). */
const PATIENCE = 8;

type Verdict = 'free' | 'taken' | 'claimed' | 'no such address' | 'forbidden';

function listen(host: string, port: number): Promise<Server | Verdict> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRNOTAVAIL' ? 'no such address' : error.code === 'EACCES' ? 'forbidden' : 'taken');
    });
    server.listen({ host, port, exclusive: true }, () => {
      resolve(server.unref());
    });
  });
}

const close = (server: Server) => new Promise((resolve) => server.close(resolve));

export class AddressPool {
  private readonly claims = new Map<string, Server>();
  private readonly port: number;
  private readonly network: string;

  constructor(options: AddressPoolOptions = {}) {
    this.port = options.port ?? 5432;
    this.network = options.network ?? '127.0.7';
  }

  /**
   * An address that nothing listens on and no other pool holds. It stays held until `release`.
   * @throws AddressesExhaustedError
   */
  async take(): Promise<Address> {
    const address =
      (await this.onSharedPort()) ??
      (await this.onSparePort(`${this.network}.1`)) ??
      (await this.onSparePort('127.0.0.1'));
    if (address === undefined) throw new AddressesExhaustedError(`no free port from ${SPARE.first} to ${SPARE.last}`);
    return address;
  }

  /** Gives an address back; its server is gone for good. */
  async release(address: Address): Promise<void> {
    const key = `${address.host}:${address.port}`;
    const claim = this.claims.get(key);
    this.claims.delete(key);
    if (claim !== undefined) await close(claim);
  }

  private async onSharedPort(): Promise<Address | undefined> {
    let taken = 0;
    for (let last = 1; last <= 254 && taken < PATIENCE; last += 1) {
      const address = { host: `${this.network}.${last}`, port: this.port };
      const verdict = await this.hold(address, CLAIM.sharedPort);
      if (verdict === 'free') return address;
      if (verdict === 'no such address' || verdict === 'forbidden') return undefined;
      if (verdict === 'taken') taken += 1;
    }
    return undefined;
  }

  private async onSparePort(host: string): Promise<Address | undefined> {
    for (let port = SPARE.first; port <= SPARE.last; port += 1) {
      const verdict = await this.hold({ host, port }, port + CLAIM.sparePortPlus);
      if (verdict === 'free') return { host, port };
      if (verdict === 'no such address') return undefined;
    }
    return undefined;
  }

  private async hold(address: Address, claimPort: number): Promise<Verdict> {
    const claim = await listen(address.host, claimPort);
    if (typeof claim === 'string') return claim === 'taken' ? 'claimed' : claim;
    const probe = await listen(address.host, address.port);
    if (typeof probe === 'string') {
      await close(claim);
      return probe;
    }
    await close(probe);
    this.claims.set(`${address.host}:${address.port}`, claim);
    return 'free';
  }
}
