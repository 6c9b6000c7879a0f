import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import {
  admitServers,
  canEnter,
  identity,
  ownFolder,
  requireEntry,
  serverAccount,
} from '../../../sandbox/databases/account';
import { UnreachableFolderError } from '../../../sandbox/databases';

const root = userInfo().uid === 0;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeboat-account-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('root hands servers to an account that is not root, anybody else keeps them', async () => {
  const account = await serverAccount();
  expect(account.uid).not.toBe(0);
  expect(account.foreign).toBe(root);
  expect(identity(account)).toEqual(root ? { uid: account.uid, gid: account.gid } : {});
});

test('a folder below one that is closed to the account is refused by the name of the closed one', async () => {
  const account = { name: 'stranger', uid: 54321, gid: 54321, foreign: true };
  await mkdir(join(folder, 'inner'), { mode: 0o755 });
  await chmod(folder, 0o700);
  await expect(requireEntry(join(folder, 'inner'), account)).rejects.toThrow(UnreachableFolderError);
  await expect(requireEntry(join(folder, 'inner'), account)).rejects.toThrow(`${folder}:`);
  await chmod(folder, 0o711);
  await expect(canEnter(join(folder, 'inner'), account)).resolves.toBe(true);
});

test('a folder made for the servers is entered by nobody else', async () => {
  const account = await serverAccount();
  await admitServers(folder);
  await ownFolder(join(folder, 'own'), account);
  const { mode, uid } = await stat(join(folder, 'own'));
  expect(mode & 0o777).toBe(0o700);
  expect(uid).toBe(account.uid);
  await expect(canEnter(join(folder, 'own'), account)).resolves.toBe(true);
});
