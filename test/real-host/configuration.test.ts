import { DOCUMENT_EXIT, documents } from '../../contract/documents';
import { guestRegion, secretArn, type RealHost } from '../../sandbox/real-host';
import { certificates, type Certificates } from '../documents/support/configured';
import { endMachines, HEALTHY, restore, runDocument, servedAgain, withMachine } from './stage';

const places = {
  application: ['json', '/var/www/interview-app/config/production.json', 'interview-app:restart'],
  environment: ['env', '/var/www/interview-app/.env.production', 'interview-app:restart'],
  tls: ['certificate', '/etc/ssl/interview-app/tls.crt', 'nginx:reload'],
  'tls-key': ['key', '/etc/ssl/interview-app/tls.key', ''],
  site: ['nginx', '/etc/nginx/sites-available/default', 'nginx:reload'],
  network: ['network', '/etc/hosts', ''],
} as const;
type Name = keyof typeof places;
const names: readonly Name[] = ['application', 'environment', 'tls', 'tls-key', 'site', 'network'];

const SITE = `server {
  listen 80 default_server;
  listen 443 ssl;
  ssl_certificate /etc/ssl/interview-app/tls.crt;
  ssl_certificate_key /etc/ssl/interview-app/tls.key;
  location / {
    proxy_pass http://127.0.0.1:3000;
  }
}
`;
const files = {
  Root: '/',
  Files: names
    .map((name) => {
      const [kind, path, units] = places[name];
      return [name, kind, path, `${name}.stored`, units].join('|');
    })
    .join(' '),
  Secrets: `environment|DATABASE_PASSWORD|${secretArn('app')}|password`,
};
const store = {
  ...{ Region: guestRegion, Bucket: '', Prefix: '', Folder: '/backup/config' },
  Versions: `backup=${names.map((name) => `${name}:backup`).join(',')}`,
};
const kept = { Kept: '/var/lib/lifeboat/kept', Run: 'run-1' };

withMachine('configuration', () => {
  let machine: RealHost;
  let pairs: Certificates;
  beforeAll(() => {
    pairs = certificates();
  });
  beforeEach(async () => {
    machine = await restore();
  });
  afterEach(endMachines);

  const shell = async (script: string): Promise<string> => (await machine.run(script)).stdout.trim();
  /** Every file in force with its mode and owner; `-` where there is none. */
  const inForce = () =>
    shell(
      `for file in ${names.map((name) => places[name][1]).join(' ')}; do stat -c '%n %a %U' $file && sha256sum <$file || echo "$file -"; done 2>/dev/null`,
    );
  /** A version in the folder of backups: the files in force, with TLS, and with what is given instead. */
  const backUp = async (changes: Partial<Record<Name, string>> = {}): Promise<void> => {
    const application = await machine.look('/bin/cat', places.application[1]);
    const environment = await machine.look('/bin/cat', places.environment[1]);
    const sound: Record<Name, string> = {
      application: application.replace('"port": 3000', '"port": 3000, "note": "restored"'),
      environment: `${environment}\nDATABASE_PASSWORD=of-another-time\n`,
      tls: pairs.valid.tls,
      'tls-key': pairs.valid['tls-key'],
      site: SITE,
      network: `${await machine.look('/bin/cat', places.network[1])}\n`,
    };
    for (const name of names) await machine.write(`/backup/config/${name}.stored`, changes[name] ?? sound[name]);
  };
  const stage = () => runDocument(machine, 'stage-configuration', { ...files, ...store });
  const place = (Attempts = '60') =>
    runDocument(machine, 'place-configuration', {
      ...{ ...files, ...store, ...kept, Expires: '2099-12-31' },
      ...{ HealthUrls: 'http://127.0.0.1/api/health http://127.0.0.1:3000/api/health', Attempts, SecondsBetween: '1' },
    });

  test('a sound version is placed: nginx serves TLS with it, the secret is of today, and what it replaced comes back', async () => {
    await backUp();
    const before = await inForce();
    const inspected = await runDocument(machine, 'inspect-configuration', { ...files, Folder: store.Folder });
    expect(documents['inspect-configuration'].result.parse(inspected.line)).toMatchObject({
      files: { environment: { mode: '600', owner: 'www-data:www-data' }, tls: { digest: null } },
      backup: { missing: [] },
      secretsCurrent: { DATABASE_PASSWORD: false },
    });
    expect(documents['stage-configuration'].result.parse((await stage()).line)).toMatchObject({
      versions: [{ version: 'backup', problem: null }],
    });
    expect(await inForce()).toBe(before);

    const placed = await place();
    expect(documents['place-configuration'].result.parse(placed.line)).toMatchObject({
      before: { tls: null },
      services: [
        { name: 'interview-app', was: 'active', is: 'active' },
        { name: 'nginx', was: 'active', is: 'active' },
      ],
    });
    expect(await shell('curl -sk https://127.0.0.1/api/health')).toContain('"healthy"');
    expect(await shell(`stat -c '%a %U' ${places['tls-key'][1]} ${places.environment[1]}`)).toBe(
      '600 root\n600 www-data',
    );
    expect(await shell(`grep -c note ${places.application[1]}; grep -c of-another-time ${places.environment[1]}`)).toBe(
      '1\n0',
    );
    expect(await servedAgain(machine)).toBe(HEALTHY);

    const back = await runDocument(machine, 'put-back-configuration', { ...files, ...kept });
    const { putBack } = documents['put-back-configuration'].result.parse(back.line);
    // The table of hosts was the same, and so is the environment with the secret of today.
    expect(putBack).toEqual(['application', 'tls', 'tls-key', 'site']);
    expect(await shell('curl -sk --max-time 5 https://127.0.0.1/ || echo refused')).toBe('refused');
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test.each<
    [string, Partial<Record<Name, string>> | ((made: Certificates) => Partial<Record<Name, string>>), number, RegExp]
  >([
    [
      'invalid JSON',
      { application: '{"port": 3000,\n "database": }\n' },
      DOCUMENT_EXIT.configurationInvalid,
      /application .* is no valid JSON/,
    ],
    ['a certificate that has expired', ({ expired }) => expired, DOCUMENT_EXIT.certificateExpired, /tls .* expired on/],
    [
      'a key that is another certificate’s',
      ({ other }) => ({ 'tls-key': other['tls-key'] }),
      DOCUMENT_EXIT.keyMismatch,
      /tls-key .* is not the key of the certificate tls/,
    ],
    [
      'a web server’s site with an error, which Debian’s nginx reads through a link',
      { site: SITE.replace('proxy_pass', 'proxy_past') },
      DOCUMENT_EXIT.webServerRefused,
      /nginx -t refuses it: .*unknown directive "proxy_past"/,
    ],
  ])('%s is refused before anything is in force', async (_what, changes, code, words) => {
    await backUp(typeof changes === 'function' ? changes(pairs) : changes);
    const before = await inForce();
    const ran = await stage();
    expect(ran).toMatchObject({ code, line: undefined });
    expect(ran.stderr).toMatch(words);
    expect(await place()).toMatchObject({ code: 1, line: undefined });
    expect(await inForce()).toBe(before);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });

  test('a version with which the application does not become healthy: everything is as it was, and it says so', async () => {
    const application = await machine.look('/bin/cat', places.application[1]);
    await backUp({ application: application.replace('"name": "interview"', '"name": "no_such_database"') });
    const before = await inForce();
    const ran = await place('15');
    expect(ran).toMatchObject({ code: DOCUMENT_EXIT.unhealthy, line: undefined });
    expect(ran.stderr).toMatch(/not healthy with version backup: .*status 503[^]*in force again on host/);
    // But for the secret, which is of today.
    expect((await inForce()).split('\n').filter((line) => !before.includes(line))).toHaveLength(1);
    expect(await servedAgain(machine)).toBe(HEALTHY);
  });
});
