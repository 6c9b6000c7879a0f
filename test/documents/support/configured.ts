import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { documents } from '../../../contract/documents';
import { Host, type Ran } from './host';

const DAY = 86_400_000;
const BUCKET = 'configuration';
export const TODAY = 'to\'day$s "value"';
const SITE = `events {}
http { server { listen 443 ssl; ssl_certificate /etc/ssl/app/tls.crt; ssl_certificate_key /etc/ssl/app/tls.key; } }
`;
const places = {
  application: '/var/www/app/config/production.json',
  environment: '/var/www/app/.env.production',
  tls: '/etc/ssl/app/tls.crt',
  'tls-key': '/etc/ssl/app/tls.key',
  nginx: '/etc/nginx/nginx.conf',
  network: '/etc/hosts',
} as const;
export type Name = keyof typeof places;
export const names: readonly Name[] = ['application', 'environment', 'tls', 'tls-key', 'nginx', 'network'];
const kinds = {
  application: 'json',
  environment: 'env',
  tls: 'certificate',
  'tls-key': 'key',
  nginx: 'nginx',
  network: 'network',
};
const units: Partial<Record<Name, string>> = {
  application: 'app:restart',
  environment: 'app:restart',
  tls: 'nginx:reload',
  nginx: 'nginx:reload',
};
const FILES = names.map((name) => [name, kinds[name], places[name], `${name}.stored`, units[name] ?? ''].join('|'));

/** A certificate with its key that is valid between two days from now, by the system's openssl. */
function pair(folder: string, name: string, from: number, to: number): { tls: string; 'tls-key': string } {
  const file = path.join(folder, name);
  const date = (days: number) =>
    `${new Date(Date.now() + days * DAY).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  const openssl = (line: string) => {
    execFileSync('openssl', line.split(' '), { stdio: 'ignore' });
  };
  fs.mkdirSync(`${file}.ca`);
  fs.writeFileSync(`${file}.ca/index`, '');
  fs.writeFileSync(`${file}.ca/serial`, '01');
  fs.writeFileSync(
    `${file}.cnf`,
    `[ca]\ndefault_ca=c\n[c]\ndatabase=${file}.ca/index\nserial=${file}.ca/serial\nnew_certs_dir=${file}.ca\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n`,
  );
  openssl(`genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${file}.key`);
  openssl(`req -new -key ${file}.key -subj /CN=${name} -out ${file}.csr`);
  openssl(
    `ca -batch -selfsign -notext -config ${file}.cnf -in ${file}.csr -keyfile ${file}.key -startdate ${date(from)} -enddate ${date(to)} -out ${file}.crt`,
  );
  return { tls: fs.readFileSync(`${file}.crt`, 'utf8'), 'tls-key': fs.readFileSync(`${file}.key`, 'utf8') };
}

/** Made once for a test file. */
export function certificates() {
  const folder = fs.mkdtempSync('/tmp/lifeboat-pairs-');
  try {
    return {
      valid: pair(folder, 'valid', -1, 30),
      other: pair(folder, 'other', -1, 30),
      expired: pair(folder, 'expired', -60, -1),
      early: pair(folder, 'early', 1, 30),
    };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
export type Certificates = ReturnType<typeof certificates>;

/** What is in force when a test begins. */
export const OLD: Record<Name, string> = {
  application: '{"port": 1}\n',
  environment: 'PORT=1\nSESSION_SECRET=rotated-away\n',
  tls: 'old certificate\n',
  'tls-key': 'old key\n',
  nginx: 'events {}\n',
  network: '127.0.0.1 localhost\n',
};

function put(file: string, text: string, mode = 0o644): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  fs.chmodSync(file, mode);
}

/** A host with the files in force, and a bucket with versions of them. */
export class ConfiguredHost {
  readonly host = new Host();
  readonly sound: Record<Name, string>;
  #secret = '';

  constructor({ valid }: Certificates) {
    this.sound = {
      application: '{"port": 3000}\n',
      environment: 'PORT=3000\nSESSION_SECRET=stored-value\n# end\n',
      ...valid,
      nginx: SITE,
      network: '127.0.0.1 localhost\n10.0.0.5 db.internal db # main\n',
    };
    this.host.write('units/nginx', 'active\n');
    this.host.write('units/app', 'active\n');
    this.host.program('curl', '[ ! -e "$STATE/sick" ] || { printf "\\n500"; exit 22; }; printf "\\n200"');
    // Takes what names certificates that are there, and has no `broken` in it.
    this.host.program(
      'nginx',
      `[ "$1 $2 $3" = '-t -q -c' ] || exit 64
for file in $(sed -n 's/.*ssl_certificate \\([^;]*\\);.*ssl_certificate_key \\([^;]*\\);.*/\\1 \\2/p' "$4"); do
  [ -e "$file" ] || { echo "nginx: [emerg] cannot load certificate \\"$file\\"" >&2; exit 1; }
done
! grep -rn broken "\${4%/*}" >/dev/null || { echo "nginx: [emerg] unknown directive \\"broken\\" in $4:1" >&2; exit 1; }`,
    );
    for (const name of names)
      put(this.place(name), OLD[name], ['environment', 'tls-key'].includes(name) ? 0o600 : 0o640);
    this.rotate(TODAY);
  }

  get arn(): string {
    return this.#secret;
  }

  rotate(value: string): void {
    this.#secret = this.host.secret('session', value, JSON.stringify({ value }));
  }

  /** Where a file of the host lies. */
  place(name: Name): string {
    return path.join(this.host.state, 'root', places[name]);
  }

  at(file: string): string {
    return path.join(this.host.state, file);
  }

  read(name: Name): string {
    return fs.readFileSync(this.place(name), 'utf8');
  }

  mode(name: Name): string {
    return (fs.statSync(this.place(name)).mode & 0o777).toString(8);
  }

  /** Every file in force; what is not there is undefined. */
  everything() {
    return Object.fromEntries(
      names.map((name) => [name, fs.existsSync(this.place(name)) ? this.read(name) : undefined]),
    );
  }

  /** Half-made files beside those in force. */
  beside(): string[] {
    const folders = names.map((name) => path.dirname(this.place(name))).filter((folder) => fs.existsSync(folder));
    return folders.flatMap((folder) => fs.readdirSync(folder)).filter((file) => file.includes('lifeboat'));
  }

  /** Stores a version of every file but those it is without. @returns it as a document takes it */
  store(version: string, changes: Partial<Record<Name, string>> = {}, without: readonly Name[] = []): string {
    const objects = names.map((name) => {
      if (without.includes(name)) return `${name}:-`;
      put(this.at(`objects/${BUCKET}/app/${name}.stored@${version}`), changes[name] ?? this.sound[name]);
      return `${name}:${version}`;
    });
    return `${version}=${objects.join(',')}`;
  }

  /** Puts every file into the folder of backups. */
  backUp(): void {
    for (const name of names) put(this.at(`backup/${name}.stored`), this.sound[name]);
  }

  get #files() {
    return {
      Root: this.at('root'),
      Files: FILES.join(' '),
      Secrets: `environment|SESSION_SECRET|${this.arn}|value`,
    };
  }

  stored(versions: readonly string[], bucket = BUCKET) {
    return {
      ...this.#files,
      Region: 'eu-west-1',
      Bucket: bucket,
      Prefix: 'app/',
      Folder: this.at('backup'),
      Versions: versions.join(' '),
    };
  }

  get #kept() {
    return { Kept: this.at('kept'), Run: 'run-1' };
  }

  async inspect() {
    const ran = await this.host.run('inspect-configuration', { ...this.#files, Folder: this.at('backup') });
    return { ran, result: () => documents['inspect-configuration'].result.parse(ran.line) };
  }

  async stage(...versions: readonly string[]) {
    return await this.staged(this.stored(versions));
  }

  async staged(parameters: ReturnType<ConfiguredHost['stored']>) {
    const ran = await this.host.run('stage-configuration', parameters);
    return { ran, result: () => documents['stage-configuration'].result.parse(ran.line) };
  }

  async placed(version: string): Promise<Ran> {
    const ran = await this.host.run('place-configuration', {
      ...this.stored([version]),
      ...this.#kept,
      Expires: '2026-12-07',
      HealthUrls: 'http://localhost:3000/api/health http://localhost/api/health',
      Attempts: '4',
      SecondsBetween: '02',
    });
    if (ran.code === 0) documents['place-configuration'].result.parse(ran.line);
    return ran;
  }

  async putBack() {
    const ran = await this.host.run('put-back-configuration', { ...this.#files, ...this.#kept });
    return documents['put-back-configuration'].result.parse(ran.line);
  }
}
