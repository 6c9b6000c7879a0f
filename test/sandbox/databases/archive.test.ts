import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Archive, ArchiveStalledError, type BaseBackup } from '../../../sandbox/databases';
import { serverAccount } from '../../../sandbox/databases/account';

let folder: string;
let archive: Archive;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeboat-archive-'));
  archive = await Archive.create(folder, await serverAccount());
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const backup = (id: string, minute: number): BaseBackup => ({
  id,
  kind: 'hot',
  major: 18,
  startedAt: new Date(Date.UTC(2026, 10, 23, 2, minute)),
  endedAt: new Date(Date.UTC(2026, 10, 23, 2, minute, 30)),
  bytes: 1,
  limits: {},
});

async function add(one: BaseBackup): Promise<void> {
  const draft = join(archive.backupsFolder, `.${one.id}`);
  await mkdir(draft);
  await archive.add(one, draft);
}

test('the earliest restorable time is the end of the oldest base backup; drafts do not count', async () => {
  await expect(archive.earliestRestorableTime()).resolves.toBeUndefined();
  await add(backup('later', 20));
  await add(backup('earlier', 10));
  await mkdir(join(archive.backupsFolder, '.draft'));
  await expect(archive.backups()).resolves.toEqual([backup('earlier', 10), backup('later', 20)]);
  await expect(Archive.open(folder).earliestRestorableTime()).resolves.toEqual(backup('earlier', 10).endedAt);
});

test('the proved moment never goes back', async () => {
  await expect(archive.provenUntil()).resolves.toBeUndefined();
  await archive.prove(new Date(2000));
  await archive.prove(new Date(1000));
  await expect(Archive.open(folder).provenUntil()).resolves.toEqual(new Date(2000));
});

test('a segment is there when its file is; a half-copied one is not', async () => {
  const segment = '000000010000000000000003';
  await writeFile(join(archive.walFolder, `.${segment}`), '');
  await writeFile(join(archive.walFolder, '00000002.history'), '');
  await expect(archive.has(segment, 0.05)).rejects.toThrow(ArchiveStalledError);
  await expect(archive.segments()).resolves.toEqual([]);
  const waiting = archive.has(segment);
  await writeFile(join(archive.walFolder, segment), '');
  await waiting;
  await expect(archive.segments()).resolves.toEqual([segment]);
  await expect(archive.histories()).resolves.toEqual(['00000002.history']);
});
