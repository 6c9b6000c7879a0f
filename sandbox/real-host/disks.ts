import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { MachineFailed } from './errors';
import { dataMegabytes, dataVolume, slots } from './image/contents';
import { type Qemu } from './qemu';

/** Seconds in which a machine has to let a disk go that nothing uses. */
const UNPLUG = 120;

const jobs = z.array(z.object({ id: z.string(), status: z.string(), error: z.string().optional() }));

/** QEMU's names of a disk's content, and of the file that it lies in. */
interface Content {
  readonly node: string;
  readonly file: string;
}

interface Plugged {
  readonly slot: string;
  readonly content: Content;
}

const fileIn = (folder: string): string => join(folder, 'disk.qcow2');

/**
 * The EBS volumes of one machine: the disk that it was made with, and those that are plugged in while it runs, as NVMe
 * disks with the serial numbers that they have on an instance. What is plugged in lies in files without names, as
 * everything that a machine writes: they are gone with it.
 */
export class Disks {
  readonly #plugged = new Map<string, Plugged>();
  #next = 1;

  constructor(private readonly qemu: Qemu) {}

  /** With what is on it in a folder; blank where nothing is there. The folder stays as it is. */
  async attach(volumeId: string, folder: string): Promise<void> {
    const taken = [...this.#plugged.values()].map(({ slot }) => slot);
    const slot = slots.find((one) => !taken.includes(one));
    if (slot === undefined) throw new MachineFailed(`there is no slot for ${volumeId}: ${taken.length} disks are in`);
    if (this.#plugged.has(volumeId)) throw new MachineFailed(`${volumeId} is plugged in already`);
    const scratch = mkdtempSync(join(tmpdir(), 'lifeboat-disk-'));
    try {
      const own = fileIn(scratch);
      const isBlank = !existsSync(fileIn(folder));
      if (!isBlank) copyFileSync(fileIn(folder), own);
      const content = isBlank ? await this.#make(own) : await this.#open(own);
      this.#plugged.set(volumeId, { slot, content });
      const serial = volumeId.replace('-', '');
      await this.qemu.order('device_add', { driver: 'nvme', id: volumeId, serial, drive: content.node, bus: slot });
    } finally {
      rmSync(scratch, { recursive: true });
    }
  }

  /** @throws MachineFailed where it is in use, or the machine does not let it go */
  async detach(volumeId: string, folder: string): Promise<void> {
    const { content } = this.#of(volumeId);
    await this.#refuseBusy(volumeId);
    const gone = this.qemu.event('DEVICE_DELETED');
    await this.qemu.order('device_del', { id: volumeId });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new MachineFailed(`the machine did not let ${volumeId} go within ${UNPLUG} s`));
      }, UNPLUG * 1000);
    });
    await Promise.race([gone, late]).finally(() => {
      clearTimeout(timer);
    });
    await this.copy(volumeId, folder);
    this.#plugged.delete(volumeId);
    await this.#close(content);
  }

  /** What is on it at this moment, as a snapshot of EBS has it, into a folder. */
  async copy(volumeId: string, folder: string): Promise<void> {
    const source = volumeId === dataVolume ? 'data' : this.#of(volumeId).content.node;
    mkdirSync(folder, { recursive: true });
    const target = await this.#make(fileIn(folder));
    await this.#job('blockdev-backup', { device: source, target: target.node, sync: 'full', 'auto-dismiss': false });
    await this.#close(target);
  }

  #of(volumeId: string): Plugged {
    const found = this.#plugged.get(volumeId);
    if (found === undefined) throw new MachineFailed(`${volumeId} is not attached to this host`);
    return found;
  }

  /** The kernel would let it go with everything on it; EBS waits until nothing uses it (EC2 guide, Detach a volume). */
  async #refuseBusy(volumeId: string): Promise<void> {
    const script = `device=$(lsblk -dnpo NAME,SERIAL | awk -v serial="$1" '$2 == serial { print $1 }')
      lsblk -nro NAME,MOUNTPOINT "$device"`;
    const said = await this.qemu.agent.run('/bin/bash', ['-c', script, 'look', volumeId.replace('-', '')]);
    const [disk = '', ...above] = said.trim().split('\n');
    if (above.length > 0 || disk.includes(' '))
      throw new MachineFailed(`${volumeId} is busy: ${[disk, ...above].join(', ')}`);
  }

  /** An empty disk in a new file. */
  async #make(file: string): Promise<Content> {
    writeFileSync(file, '');
    const size = dataMegabytes * 1024 ** 2;
    return await this.#open(file, (protocol) =>
      this.#job('blockdev-create', { options: { driver: 'qcow2', file: protocol, size } }),
    );
  }

  /** Nothing of a machine outlives it, so it need not wait for this computer's disk. */
  async #open(filename: string, prepare?: (protocol: string) => Promise<void>): Promise<Content> {
    const content = { node: `disk-${this.#next}`, file: `file-${this.#next}` };
    this.#next += 1;
    const cache = { 'no-flush': true };
    await this.qemu.order('blockdev-add', { driver: 'file', 'node-name': content.file, filename, cache });
    await prepare?.(content.file);
    const { node, file } = content;
    await this.qemu.order('blockdev-add', { driver: 'qcow2', 'node-name': node, file, cache });
    return content;
  }

  async #close({ node, file }: Content): Promise<void> {
    for (const name of [node, file]) await this.qemu.order('blockdev-del', { 'node-name': name });
  }

  /** Begins a job and waits for its end. @throws MachineFailed */
  async #job(execute: string, details: object): Promise<void> {
    const id = `job-${this.#next}`;
    this.#next += 1;
    await this.qemu.order(execute, { ...details, 'job-id': id });
    for (;;) {
      const job = jobs.parse(await this.qemu.order('query-jobs')).find((one) => one.id === id);
      if (job?.status === 'concluded') {
        await this.qemu.order('job-dismiss', { id });
        if (job.error !== undefined) throw new MachineFailed(`${execute}: ${job.error}`);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
