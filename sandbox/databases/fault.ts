/** Stops a restore at a certain step, so that drills and tests can kill it half-way every time, not with luck. */
import { access, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, ownFolder } from './account';
import { shellWord } from './configuration';

/** `copying`: half of the base backup is copied. `replaying`: replay waits for the first segment after the backup. */
export type FaultStep = 'copying' | 'replaying';

export interface Fault {
  readonly at: FaultStep;
  /**
   * Called once, while the restore stands still; it goes on when the promise resolves.
   * @param kill ends the restore as the failure of its host would: `restore` then throws RestoreFailedError
   */
  readonly act: (kill: () => Promise<void>) => Promise<void>;
}

/** Holds replay back by a file that `restore_command` waits on. */
export class Gate {
  /** What `restore_command` begins with. */
  shell = '';
  private readonly folder: string;
  private open: boolean;

  constructor(
    private readonly fault: Fault | undefined,
    clusterFolder: string,
  ) {
    this.folder = join(clusterFolder, 'gate');
    this.open = fault === undefined;
  }

  /** Makes replay wait before it gets `segment`, if there is a fault to act then. */
  async close(account: Account, segment: string): Promise<void> {
    if (this.fault?.at !== 'replaying') return;
    await ownFolder(this.folder, account);
    await writeFile(join(this.folder, 'closed'), '');
    const closed = shellWord(join(this.folder, 'closed'));
    const reached = shellWord(join(this.folder, 'reached'));
    this.shell = `if test %f = ${segment}; then : > ${reached}; while test -e ${closed} && kill -0 $PPID; do sleep 0.02; done; fi; `;
  }

  /** Whether replay waits. */
  async isReached(): Promise<boolean> {
    if (this.open || this.fault?.at !== 'replaying') return false;
    return access(join(this.folder, 'reached')).then(
      () => true,
      () => false,
    );
  }

  /** The restore is at `step`: lets the fault act if it is meant for it and has not acted yet. */
  async reach(step: FaultStep, kill: () => Promise<void>): Promise<void> {
    if (this.open || this.fault?.at !== step) return;
    this.open = true;
    await this.fault.act(kill);
    await rm(join(this.folder, 'closed'), { force: true });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
