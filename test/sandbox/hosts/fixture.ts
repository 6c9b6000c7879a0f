import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Host, type HostOptions } from '../../../sandbox/hosts';
import { AddressPool, NameResolver } from '../../../sandbox/network';

/** A folder, addresses and names for the hosts of one test file. */
export class Fixture {
  readonly folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'lifeboat-hosts-')));
  readonly pool = new AddressPool();
  readonly names = new NameResolver();
  readonly hosts: Host[] = [];
  #resolver = '';

  async open(): Promise<void> {
    fs.chmodSync(this.folder, 0o755);
    this.#resolver = await this.names.serve();
  }

  async host(options: Partial<HostOptions> = {}): Promise<Host> {
    const id = options.id ?? `i-${String(this.hosts.length + 1).padStart(17, '0')}`;
    const host = await Host.boot({
      id,
      root: path.join(this.folder, id),
      address: await this.pool.claim(),
      resolver: this.#resolver,
      ...options,
    });
    this.hosts.push(host);
    return host;
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.destroy()));
    await this.names.close();
    await this.pool.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Writes a unit of a host and the files it needs. */
export function writeUnit(host: Host, name: string, text: string): void {
  fs.writeFileSync(host.path(`/etc/systemd/system/${name}`), text);
}

/** Polls with a deadline, for what nothing tells us of. */
export async function until(test: () => boolean | Promise<boolean>, milliseconds = 5000): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await test())) {
    if (Date.now() > deadline) throw new Error(`Still not so after ${milliseconds} ms: ${test.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
