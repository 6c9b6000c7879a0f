import { type RealHost } from '../../sandbox/real-host';
import { type Ran, runDocument } from './stage';

/** What the documents call the machine's volume. */
export const volume = { VolumeGroup: 'vg0', LogicalVolume: 'interview-app' };
export const mount = { MountPoint: '/var/www', MountUnit: 'var-www.mount' };
export const Services = 'nginx interview-app';

export const BEFORE = 'lifeboat-before';
export const SAFETY = 'lifeboat-safety';
export const RUN = 'run-1';
const Expires = '2099-12-31';

/** Every entry below /var/www by kind, mode, owner, target and content, as one hash; not what a run keeps there. */
export async function tree(machine: RealHost): Promise<string> {
  const own = '-path ./.lifeboat-files -prune -o';
  const script = `cd /var/www && { find . ${own} -printf '%y %m %u %p %l\\n' | sort; find . ${own} -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum`;
  return (await machine.look('/bin/bash', '-c', script)).slice(0, 64);
}

/** What LVM says of one volume; `nothing` where it is not there. */
export async function lvm(machine: RealHost, field: string, name: string = volume.LogicalVolume): Promise<string> {
  const { stdout } = await machine.run(`lvs -a --noheadings -o ${field} vg0/${name} 2>/dev/null || echo nothing`);
  return stdout.trim();
}

/** Somebody's clean-up in the wrong folder, and a restart that is meant to help. */
export async function damage(machine: RealHost, megabytes = 8): Promise<void> {
  const script = `set -e
cd /var/www/interview-app/
echo 'process.exit(1)' >dist/main.js
rm package.json
chmod 000 src/config.js
dd if=/dev/urandom of=leftover bs=1M count=${megabytes} status=none
sync
systemctl restart interview-app`;
  const { exitCode, stderr } = await machine.run(script);
  if (exitCode !== 0) throw new Error(`The damage was not done: ${stderr}`);
}

/** The documents of a rollback, each with its parameters. */
export class Volume {
  constructor(private readonly machine: RealHost) {}

  take(Snapshot = BEFORE, Megabytes = '256'): Promise<Ran> {
    return runDocument(this.machine, 'take-snapshot', { ...volume, Snapshot, Megabytes, Run: RUN, Expires });
  }

  inspect(Chosen = ''): Promise<Ran> {
    return runDocument(this.machine, 'inspect-volume', { ...volume, ...mount, Chosen });
  }

  stop(): Promise<Ran> {
    return runDocument(this.machine, 'stop-services', { Services });
  }

  close(): Promise<Ran> {
    return runDocument(this.machine, 'close-volume', { ...volume, ...mount });
  }

  merge(Snapshot = BEFORE): Promise<Ran> {
    const kept = { Safety: SAFETY, Megabytes: '64', Run: RUN, Expires };
    return runDocument(this.machine, 'merge-snapshot', { ...volume, Snapshot, ...kept });
  }

  awaited(Snapshot = BEFORE): Promise<Ran> {
    return runDocument(this.machine, 'await-merge', { ...volume, Snapshot, Safety: SAFETY, Seconds: '500' });
  }

  check(AllowRepair: 'yes' | 'no' = 'no'): Promise<Ran> {
    return runDocument(this.machine, 'check-volume', { ...volume, AllowRepair });
  }

  open(): Promise<Ran> {
    return runDocument(this.machine, 'open-volume', { ...volume, ...mount });
  }

  start(): Promise<Ran> {
    return runDocument(this.machine, 'start-services', { Services: 'interview-app nginx' });
  }

  undo(): Promise<Ran> {
    const names = { Snapshot: BEFORE, Safety: SAFETY, Run: RUN };
    return runDocument(this.machine, 'undo-merge', { ...volume, ...mount, Services, ...names, Seconds: '500' });
  }

  remove(Keep: string, Today: string): Promise<Ran> {
    return runDocument(this.machine, 'remove-snapshots', { ...volume, Keep, Today });
  }
}

/** One document after the other, each of which has to succeed. */
export async function succeed(
  ...steps: (() => Promise<{ code: number | undefined; stderr: string }>)[]
): Promise<void> {
  for (const one of steps) {
    const { code, stderr } = await one();
    if (code !== 0) throw new Error(`A document ended with ${String(code)}: ${stderr}`);
  }
}
