import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { dataVolume, guestRegion, type RealHost } from '../../sandbox/real-host';
import { endMachines, HEALTHY, restore, runDocument, servedAgain, withMachine } from './stage';
import { damage, Services, tree, volume } from './volume';

const folder = { Folder: '/var/www' };
const RUN = { Run: 'run-1' };
const Expires = '2099-12-31';
const store = {
  ...folder,
  Serving: '/var/www/interview-app',
  BackupFolder: '/backup',
  Region: guestRegion,
  Bucket: '',
};
const NIGHTLY = 'files_20261122.tar.gz';

withMachine('archives of files', () => {
  let machine: RealHost;
  let before: string;
  beforeEach(async () => {
    machine = await restore();
    before = await tree(machine);
    await shell(`tar -C /var/www -czf /backup/${NIGHTLY} .; touch -d '2 hours ago' /backup/${NIGHTLY}`);
  });
  afterEach(endMachines);

  const shell = async (script: string): Promise<string> => {
    const { exitCode, stdout, stderr } = await machine.run(script);
    if (exitCode !== 0) throw new Error(`"${script}" ended with ${String(exitCode)}: ${stderr}`);
    return stdout.trim();
  };
  const find = () => {
    const { VolumeGroup } = volume;
    return runDocument(machine, 'find-files', { ...store, VolumeGroup, NotAfter: '', OnlyBackup: '', Objects: '' });
  };
  const stage = (Archive: string = NIGHTLY) =>
    runDocument(machine, 'stage-files', { ...store, ...RUN, Archive, VersionId: '', Expires });

  test('a truncated archive is not taken; the files of the sound one go in, and what they replaced comes back', async () => {
    await shell(`head -c 5000 /backup/${NIGHTLY} >/backup/files_20261123.tar.gz`);
    await damage(machine);
    const damaged = await tree(machine);
    const { archives, disk } = documents['find-files'].result.parse((await find()).line);
    // Of EBS, by its serial number.
    expect(disk).toBe(dataVolume);
    expect(archives.map(({ name, problem }) => [name, problem === null])).toEqual([
      ['files_20261123.tar.gz', false],
      [NIGHTLY, true],
    ]);
    expect(await stage('files_20261123.tar.gz')).toMatchObject({ code: DOCUMENT_EXIT.backupMissing, line: undefined });
    expect((await stage()).line).toMatchObject({ unpacked: true });
    expect((await stage()).line).toMatchObject({ unpacked: false });
    expect(await tree(machine)).toBe(damaged);

    const swap = () => runDocument(machine, 'swap-files', { ...folder, ...RUN, Expires });
    await runDocument(machine, 'stop-services', { Services });
    expect(documents['swap-files'].result.parse((await swap()).line).placed).toBeGreaterThan(0);
    expect((await swap()).line).toMatchObject({ placed: 0 });
    expect(await tree(machine)).toBe(before);
    await runDocument(machine, 'start-services', { Services: 'interview-app nginx' });
    expect(await servedAgain(machine)).toBe(HEALTHY);

    const back = await runDocument(machine, 'put-back-files', { ...folder, ...RUN });
    expect(documents['put-back-files'].result.parse(back.line)).toMatchObject({ was: 'placed' });
    expect(await tree(machine)).toBe(damaged);
  });

  test('a disk without room for the files beside those in use: nothing is begun', async () => {
    await shell('fallocate -l "$(($(df --output=avail -m /var/www | tail -n 1) - 8))M" /var/www/much');
    const ran = await stage();
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.diskFull, line: undefined });
    await shell('rm /var/www/much');
    const removed = await runDocument(machine, 'unstage-files', { ...folder, ...RUN });
    documents['unstage-files'].result.parse(removed.line);
    expect(await shell('ls -A /var/www | grep lifeboat || echo none')).toBe('none');
    expect(await tree(machine)).toBe(before);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });
});
