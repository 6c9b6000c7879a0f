import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks after the boot; with the id it names a process for ever. */
  readonly born: string;
  readonly command: string;
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // gone meanwhile
  }
};

const link = (path: string): string => {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
};

const list = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

function processOf(pid: number): Process | null {
  const stat = read(`/proc/${pid}/stat`);
  // The command's name is in brackets and may contain anything: state, parent, … follow the last one.
  const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === undefined || parent === undefined || state === 'Z' || state === 'X' || stat === '') return null;
  return {
    pid,
    parent: Number(parent),
    born: rest[17] ?? '',
    command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim(),
  };
}

/** Every process that is alive; those that only wait to be reaped are not. */
export const processes = (): Process[] =>
  list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processOf(Number(name)) ?? []);

/** Whether its environment, command line, working folder or an open file names `mark`. */
export const bears = ({ pid, command }: Process, mark: string): boolean =>
  command.includes(mark) ||
  read(`/proc/${pid}/environ`).includes(mark) ||
  link(`/proc/${pid}/cwd`).includes(mark) ||
  list(`/proc/${pid}/fd`).some((name) => link(`/proc/${pid}/fd/${name}`).includes(mark));

/** Inodes of listening sockets with their addresses as the kernel writes them. */
export function listening(): Map<string, string> {
  const lines = ['/proc/net/tcp', '/proc/net/tcp6', '/proc/net/udp'].flatMap((file) => read(file).split('\n').slice(1));
  // 0A is TCP's LISTEN, 07 a UDP socket that takes datagrams.
  const open = lines.map((line) => line.trim().split(/\s+/)).filter((fields) => ['0A', '07'].includes(fields[3] ?? ''));
  return new Map(open.map((fields) => [fields[9] ?? '', fields[1] ?? '']));
}

/**
 * Everything that one process has started, directly or not, as seen again and again; what was started and left by its
 * starter between two looks is found by the mark.
 */
export class Family {
  readonly #known = new Map<string, Process>();
  readonly #timer: NodeJS.Timeout;
  #sockets = new Set<string>();

  constructor(
    private readonly root: number,
    private readonly mark: string,
  ) {
    this.#timer = setInterval(() => {
      this.look();
    }, 100);
  }

  /** Those alive now. */
  look(): Process[] {
    const all = processes();
    const ids = new Set(all.filter((of) => this.#known.has(key(of))).map(({ pid }) => pid));
    ids.add(this.root);
    for (let before = -1; before !== ids.size;) {
      before = ids.size;
      for (const { pid, parent } of all) if (ids.has(parent)) ids.add(pid);
    }
    // The root's number may have been given to another process since.
    const own = (of: Process) => of.pid !== this.root || of.pid === process.pid || of.parent === process.pid;
    const found = all.filter((of) => ids.has(of.pid) && own(of));
    for (const of of found) this.#known.set(key(of), of);
    return found;
  }

  /** Notes the sockets at which its processes listen. */
  lookForSockets(): number {
    const open = listening();
    this.#sockets = new Set(
      this.look()
        .flatMap(({ pid }) => list(`/proc/${pid}/fd`).map((name) => link(`/proc/${pid}/fd/${name}`)))
        .flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? [])
        .filter((inode) => open.has(inode)),
    );
    return this.#sockets.size;
  }

  /** What is left of it: processes, by descent or mark, and sockets that still listen. */
  left(): { processes: Process[]; sockets: string[] } {
    const open = listening();
    const family = new Set(this.look().map(key));
    return {
      processes: processes().filter((of) => family.has(key(of)) || (of.pid !== process.pid && bears(of, this.mark))),
      sockets: [...this.#sockets].flatMap((inode) => open.get(inode) ?? []),
    };
  }

  /** How many processes were ever seen. */
  get seen(): number {
    return this.#known.size;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

const key = ({ pid, born }: Process): string => `${pid}/${born}`;
