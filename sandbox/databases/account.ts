/**
 * The operating-system account that runs a server. PostgreSQL refuses root, so root hands its servers to an
 * unprivileged account that exists already; anybody else runs them as themselves.
 */
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { promisify } from 'node:util';
import { AccountMissingError, UnreachableFolderError } from './errors';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Whether it is another account than this process's, so that files must be handed over. */
  readonly foreign: boolean;
}

const run = promisify(execFile);

async function lookUp(name: string): Promise<Account | undefined> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { name, uid: Number(uid.stdout), gid: Number(gid.stdout), foreign: true };
  } catch {
    return undefined;
  }
}

/**
 * The account for servers started by this process.
 * @throws AccountMissingError
 */
export async function serverAccount(): Promise<Account> {
  const me = userInfo();
  if (me.uid !== 0) return { name: me.username, uid: me.uid, gid: me.gid, foreign: false };
  const account = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (account === undefined) {
    throw new AccountMissingError(
      'PostgreSQL refuses root and there is no account postgres or nobody: run as an ordinary user',
    );
  }
  return account;
}

/** What `spawn` needs to run something as `account`. */
export function identity(account: Account): { uid?: number; gid?: number } {
  return account.foreign ? { uid: account.uid, gid: account.gid } : {};
}

/** Makes a folder (and its parents) that only `account` and root can enter. */
export async function ownFolder(folder: string, account: Account): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  if (account.foreign) await chown(folder, account.uid, account.gid);
}

/** Whether `account` can enter `folder` and everything above it. */
export async function canEnter(folder: string, account: Account): Promise<boolean> {
  return (await closedTo(folder, account)) === undefined;
}

/** @throws UnreachableFolderError naming the first folder that is closed, and what opens it */
export async function requireEntry(folder: string, account: Account): Promise<void> {
  const closed = await closedTo(folder, account);
  if (closed !== undefined) {
    throw new UnreachableFolderError(
      `account ${account.name} cannot enter ${closed}: choose another folder or open it (chmod o+x)`,
    );
  }
}

/**
 * Lets the servers' account pass through a folder that this process made (mkdtemp makes it 0700) without letting it
 * list what is inside. Does nothing for an ordinary user, who runs servers as themselves.
 */
export async function admitServers(folder: string): Promise<void> {
  const account = await serverAccount();
  if (account.foreign) await chmod(folder, ((await stat(folder)).mode & 0o777) | 0o011);
}

async function closedTo(folder: string, account: Account): Promise<string | undefined> {
  const parent = dirname(resolve(folder));
  if (parent !== resolve(folder)) {
    const above = await closedTo(parent, account);
    if (above !== undefined) return above;
  }
  const { mode, uid, gid } = await stat(folder);
  const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  return (mode & bit) === 0 ? folder : undefined;
}
