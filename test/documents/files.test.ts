import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { documents, type DocumentName } from '../../contract/documents';
import { containing, matching } from './support/match';
import { Host } from './support/host';

/** The documents about archives of the application's files, on a folder of this computer. */
let host: Host;
let root: string;
let backups: string;
beforeEach(() => {
  host = new Host();
  root = path.join(host.state, 'www');
  backups = path.join(host.state, 'backup');
  for (const folder of [root, backups]) fs.mkdirSync(folder);
  write({ 'releases/v1/main.js': 'one', 'releases/v1/a b': 'blank' });
  fs.symlinkSync('releases/v1', path.join(root, 'app'));
  fs.mkdirSync(path.join(root, 'lost+found'));
});
afterEach(() => {
  host.remove();
});

const write = (files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    fs.writeFileSync(path.join(root, name), text);
  }
};
/** Every entry, but for what runs keep. */
const files = (folder = root): Record<string, string> =>
  Object.fromEntries(
    fs
      .readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.startsWith('.lifeboat-files'))
      .sort()
      .flatMap((name) => {
        const place = path.join(folder, name);
        const stat = fs.lstatSync(place);
        if (stat.isSymbolicLink()) return [[name, `-> ${fs.readlinkSync(place)}`]];
        return stat.isFile() ? [[name, fs.readFileSync(place, 'utf8')]] : [];
      }),
  );
const HOUR = 3600;
const NOW = Math.floor(Date.now() / 1000);
const backUp = (name: string, secondsAgo: number, from = root) => {
  const file = path.join(backups, name);
  execFileSync('tar', ['-C', from, '-czf', file, '.']);
  fs.utimesSync(file, NOW - secondsAgo, NOW - secondsAgo);
  return file;
};
const RUN = 'run-1';
const store = () => ({
  Folder: root,
  Serving: path.join(root, 'app'),
  BackupFolder: backups,
  Region: 'us-east-1',
  Bucket: '',
});
const stage = (more: object = {}) =>
  host.run('stage-files', {
    ...store(),
    Archive: 'files_1.tar.gz',
    VersionId: '',
    Run: RUN,
    Expires: '2026-12-07',
    ...more,
  });
const swap = () => host.run('swap-files', { Folder: root, Run: RUN, Expires: '2026-12-07' });
const putBack = () => host.run('put-back-files', { Folder: root, Run: RUN });
const unstage = () => host.run('unstage-files', { Folder: root, Run: RUN });
const own = (...name: string[]) => path.join(root, '.lifeboat-files', RUN, ...name);
const result = (name: DocumentName, line: unknown): unknown => documents[name].result.parse(line);

describe('find-files', () => {
  const find = async (more: object = {}) => {
    const ran = await host.run('find-files', {
      ...store(),
      VolumeGroup: 'vg0',
      NotAfter: '',
      OnlyBackup: '',
      Objects: '',
      ...more,
    });
    expect(ran).toMatchObject({ code: 0 });
    return documents['find-files'].result.parse(ran.line);
  };

  test('reads each to its end, newest first, until two are sound, and says what is wrong with the others', async () => {
    const before = files();
    for (const hours of [2, 3, 4]) backUp(`files_${hours}.tar.gz`, hours * HOUR);
    const cut = backUp('files_1.tar.gz', HOUR);
    fs.truncateSync(cut, Math.floor(fs.statSync(cut).size / 2));
    fs.mkdirSync(path.join(host.state, 'empty'));
    backUp('files_0.tar.gz', 1800, path.join(host.state, 'empty'));
    fs.writeFileSync(path.join(backups, 'files_1.tar.gz.sha256'), 'x');
    fs.writeFileSync(path.join(backups, 'db_1.sql.gz'), 'x');
    fs.utimesSync(cut, NOW - HOUR, NOW - HOUR);
    const { archives, objects } = await find();
    expect(archives.map(({ name, problem }) => [name, problem])).toEqual([
      ['files_0.tar.gz', containing('app is not in it')],
      ['files_1.tar.gz', containing('cannot be read to its end')],
      ['files_2.tar.gz', null],
      ['files_3.tar.gz', null],
    ]);
    expect(archives[2]).toMatchObject({
      takenAt: new Date((NOW - 2 * HOUR) * 1000).toISOString().replace('.000Z', 'Z'),
      files: 7,
    });
    expect(objects).toEqual([]);
    expect(files()).toEqual(before);
  });

  test('up to a moment, or the one that is named; a digest beside it has to be its own', async () => {
    backUp('files_1.tar.gz', HOUR);
    backUp('files_2.tar.gz', 2 * HOUR);
    fs.writeFileSync(path.join(backups, 'files_2.tar.gz.sha256'), `${'0'.repeat(64)}  files_2.tar.gz\n`);
    const moment = new Date((NOW - 1.5 * HOUR) * 1000).toISOString();
    expect((await find({ NotAfter: moment })).archives).toMatchObject([
      { name: 'files_2.tar.gz', problem: containing('SHA-256') },
    ]);
    const named = await find({ NotAfter: moment, OnlyBackup: 'files_1.tar.gz' });
    expect(named.archives).toMatchObject([{ name: 'files_1.tar.gz', problem: null }]);
    expect((await find({ BackupFolder: path.join(host.state, 'nowhere') })).archives).toEqual([]);
  });

  test('objects of the bucket by their versions, until one is sound', async () => {
    const good = backUp('files_1.tar.gz', HOUR);
    fs.mkdirSync(path.join(host.state, 'objects/archives/a'), { recursive: true });
    fs.copyFileSync(good, path.join(host.state, 'objects/archives/a/files_1.tar.gz@v1'));
    host.write('objects/archives/a/files_1.tar.gz@v2', 'pay');
    fs.rmSync(good);
    const key = 'a/files_1.tar.gz';
    const { objects } = await find({ Bucket: 'archives', Objects: `${key}=v3 ${key}=v2 ${key}=v1 ${key}=v0` });
    expect(objects.map(({ problem }) => problem)).toEqual([
      containing('version v3, cannot be read'),
      containing('cannot be read to its end'),
      null,
    ]);
  });

  test('an entry that leads out of the folder is no file of the application', async () => {
    const other = path.join(host.state, 'other');
    fs.mkdirSync(other);
    fs.symlinkSync('x', path.join(other, 'app'));
    execFileSync('tar', [
      '-C',
      other,
      '--transform',
      's,^\\./app$,../out,',
      '-Pczf',
      path.join(backups, 'files_1.tar.gz'),
      '.',
    ]);
    expect((await find()).archives[0]?.problem).toContain('../out');
  });
});

describe('unpacking, exchanging and putting back', () => {
  const damage = () => {
    fs.rmSync(path.join(root, 'releases'), { recursive: true });
    write({ READ_ME: 'pay' });
  };

  test('what is in use becomes what the archive has, and again what it was', async () => {
    const good = files();
    backUp('files_1.tar.gz', HOUR);
    damage();
    const damaged = files();
    expect(result('stage-files', (await stage()).line)).toMatchObject({ unpacked: true, folder: own('new') });
    expect(files()).toEqual(damaged);
    expect(result('stage-files', (await stage()).line)).toMatchObject({ unpacked: false });
    expect(result('swap-files', (await swap()).line)).toEqual({ placed: 2, replaced: 2, kept: own('replaced') });
    expect(files()).toEqual(good);
    expect(files(own('replaced'))).toEqual(damaged);
    expect(fs.statSync(path.join(root, '.lifeboat-files')).mode & 0o777).toBe(0o700);
    expect(JSON.parse(fs.readFileSync(own('kept.json'), 'utf8'))).toEqual({ run: RUN, expires: '2026-12-07' });
    expect(result('swap-files', (await swap()).line)).toMatchObject({ placed: 0, replaced: 0 });
    expect(fs.existsSync(path.join(root, 'lost+found'))).toBe(true);

    write({ upload: 'by a user' });
    expect(result('put-back-files', (await putBack()).line)).toEqual({ was: 'placed', putBack: 2 });
    expect(files()).toEqual(damaged);
    expect(files(own('restored-1'))).toEqual({ ...good, upload: 'by a user' });
    expect(result('put-back-files', (await putBack()).line)).toEqual({ was: 'returned', putBack: 0 });
    // And once more.
    expect(await swap()).toMatchObject({ code: 1, stderr: containing('nothing was unpacked') });
    await stage();
    await swap();
    expect(files()).toEqual(good);
    await putBack();
    expect(files()).toEqual(damaged);
    expect(fs.readdirSync(own()).sort()).toEqual(['kept.json', 'restored-1', 'restored-2', 'state']);
    expect(result('unstage-files', (await unstage()).line)).toEqual({ removed: false });
    expect(fs.existsSync(own('restored-1'))).toBe(true);
  });

  test('what was never used is removed without a trace', async () => {
    backUp('files_1.tar.gz', HOUR);
    await stage();
    expect(result('put-back-files', (await putBack()).line)).toEqual({ was: '', putBack: 0 });
    expect(result('unstage-files', (await unstage()).line)).toEqual({ removed: true });
    expect(fs.existsSync(path.join(root, '.lifeboat-files'))).toBe(false);
    expect(result('unstage-files', (await unstage()).line)).toEqual({ removed: false });
  });

  /** A host that is reset at the n-th rename. */
  const resetAt = (rename: number) => {
    host.write('renames', '');
    host.program(
      'mv',
      `echo x >>"$STATE/renames"; [ "$(wc -l <"$STATE/renames")" -ne ${rename} ] || kill -9 "$PPID"; PATH=\${PATH#*:} exec mv "$@"`,
    );
  };

  test.each([1, 2, 3, 4, 5, 6, 7])('a reset at rename %i of exchanging: gone on with, or put back', async (rename) => {
    const good = files();
    backUp('files_1.tar.gz', HOUR);
    damage();
    const damaged = files();
    await stage();
    resetAt(rename);
    const ended = await swap();
    host.forget('mv');
    if (rename % 2 === 0 || ended.code === 0) {
      expect(await swap()).toMatchObject({ code: 0 });
      expect(files()).toEqual(good);
    }
    resetAt(rename);
    await putBack();
    host.forget('mv');
    expect(await putBack()).toMatchObject({ code: 0 });
    expect(files()).toEqual(damaged);
  });

  test('without room nothing is unpacked', async () => {
    backUp('files_1.tar.gz', HOUR);
    host.program('df', 'echo Filesystem 1024-blocks Used Available; echo /dev/x 100000 95000 5000 95% /');
    expect(await stage()).toMatchObject({ code: 32, stderr: matching(/need 16 MiB, and 4 MiB are free/) });
    expect(fs.existsSync(own('new'))).toBe(false);
  });

  test('a disk that does not keep what was written is found out before anything is exchanged', async () => {
    backUp('files_1.tar.gz', HOUR);
    host.program(
      'tar',
      'case "$1" in -xpf) PATH=${PATH#*:} tar "$@"; echo other >"$4/releases/v1/main.js" ;; *) PATH=${PATH#*:} exec tar "$@" ;; esac',
    );
    expect(await stage()).toMatchObject({ code: 1, stderr: matching(/main\.js: (Size|Contents|Mod time) differ/) });
    expect(fs.existsSync(own('new'))).toBe(false);
  });

  test.each([
    ['is not there', () => undefined, 'there is no archive files_1.tar.gz'],
    [
      'is cut off',
      () => {
        fs.truncateSync(backUp('files_1.tar.gz', 1), 100);
      },
      'cannot be read to its end',
    ],
  ])('an archive that %s', async (_what, prepare, words) => {
    const before = files();
    prepare();
    expect(await stage()).toMatchObject({ code: 40, stderr: containing(words) });
    expect(files()).toEqual(before);
  });

  test('from the bucket, of which nothing is left behind', async () => {
    const good = backUp('files_1.tar.gz', HOUR);
    fs.mkdirSync(path.join(host.state, 'objects/archives/a'), { recursive: true });
    fs.renameSync(good, path.join(host.state, 'objects/archives/a/files_1.tar.gz@v1'));
    const ran = await stage({ Bucket: 'archives', Archive: 'a/files_1.tar.gz', VersionId: 'v1' });
    expect(result('stage-files', ran.line)).toMatchObject({ unpacked: true });
    expect(fs.readdirSync(own()).sort()).toEqual(['kept.json', 'new']);
    expect(
      await stage({ Run: 'run-2', Bucket: 'archives', Archive: 'a/files_1.tar.gz', VersionId: 'v2' }),
    ).toMatchObject({
      code: 40,
      stderr: containing('version v2, cannot be read'),
    });
  });
});
