import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataVolume, type RealHost } from '../../sandbox/real-host';
import { type Ran, runDocument } from './stage';
import { volume } from './volume';

/** The disk that is made from a snapshot, and what its volume group is called beside the one in use. */
export const COPY = 'vol-0123456789abcdef0';
export const ASIDE = 'lifeboat-run-1';
export const WAS = 'lifeboat-run-1-before';
export { dataVolume };

/** The documents of EBS volumes, and the volumes: a snapshot is a folder, deleted by `end`. */
export class EbsVolumes {
  readonly #folder = mkdtempSync(join(tmpdir(), 'lifeboat-snapshots-'));

  constructor(private readonly machine: RealHost) {}

  end(): void {
    rmSync(this.#folder, { recursive: true });
  }

  /** CreateSnapshot, while the disk is in use. */
  async snapshot(volumeId: string = dataVolume, name = 'copy'): Promise<void> {
    await this.machine.copyDisk(volumeId, join(this.#folder, name));
  }

  /** CreateVolume and AttachVolume; a snapshot that there is not is a blank disk. */
  async attach(volumeId: string = COPY, name = 'copy'): Promise<void> {
    await this.machine.attachDisk(volumeId, join(this.#folder, name));
  }

  async detach(volumeId: string = COPY, name = 'detached'): Promise<void> {
    await this.machine.detachDisk(volumeId, join(this.#folder, name));
  }

  import(given: { readonly Volume?: string } = {}): Promise<Ran> {
    return runDocument(this.machine, 'import-volume', { ...volume, Volume: COPY, Aside: ASIDE, ...given });
  }

  swap(To: 'aside' | 'before'): Promise<Ran> {
    return runDocument(this.machine, 'swap-volumes', { ...volume, Aside: ASIDE, Before: WAS, To });
  }

  release(Volume: string = COPY): Promise<Ran> {
    return runDocument(this.machine, 'release-volume', { VolumeGroup: volume.VolumeGroup, Volume, Aside: ASIDE });
  }

  /** Every volume group with the disk that it lies on and whether anything of it is active: `vg0 /dev/vdb active`. */
  async groups(): Promise<string[]> {
    const script = `pvs --noheadings -o vg_name,pv_name 2>/dev/null | while read -r group disk; do
      echo "$group $disk $(lvs --noheadings -o lv_active "$group" 2>/dev/null | tr -d ' ' | sort -u | head -n 1)"
    done | sort`;
    const { stdout } = await this.machine.run(script);
    return stdout
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '');
  }
}
