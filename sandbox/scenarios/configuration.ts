/** Somebody brings a configuration out that does not work, to the bucket and to every host. */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import type { Check } from '../../contract/run';
import type { World as Sandbox } from '../drill/world';
import type { Host } from '../hosts';
import { NothingToDamageError, sandboxOf, type Scenario, type World } from './scenario';

const DAY = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * DAY);

/** Every file by its key in the bucket, with its place on hosts. */
function filesOf({ description }: Sandbox): { key: string; path: string }[] {
  return description.configuration.files.flatMap((file) => [
    { key: file.key, path: file.path },
    ...(file.kind === 'certificate' ? [file.privateKey] : []),
  ]);
}

type Texts = Readonly<Record<string, string>>;

/** What was good before, by key; `look` compares with it. */
const good = new WeakMap<Sandbox, Texts>();

function storeOf(sandbox: Sandbox) {
  const { configuration } = sandbox;
  if (configuration === undefined) throw new NothingToDamageError('there is no bucket of configuration');
  return configuration;
}

function inForce(sandbox: Sandbox): Texts {
  const [host] = sandbox.hosts;
  if (host === undefined) throw new NothingToDamageError('there are no hosts');
  return Object.fromEntries(filesOf(sandbox).map(({ key, path }) => [key, readFileSync(host.path(path), 'utf8')]));
}

const ENV = '.env.production';
const secretLine = /^SESSION_SECRET=.*$/m;

/**
 * A history as a bucket has it: an older version, the one that is in force, and an object that somebody broke later and that
 * never came to a host. Secrets in stored files are those of then.
 */
async function prepare(world: World): Promise<void> {
  const sandbox = sandboxOf(world);
  const store = storeOf(sandbox);
  const now = inForce(sandbox);
  good.set(sandbox, now);
  const then = (text: string) => ({ ...now, [ENV]: (now[ENV] ?? '').replace(secretLine, `SESSION_SECRET=${text}`) });
  await store.put({ ...then('of-spring'), hosts: '127.0.0.1 localhost old-name\n' }, ago(30));
  await store.put(then('of-summer'), ago(10));
}

const cut = (texts: Texts) => (texts['production.json'] ?? '').slice(0, -20);
/** Nothing listens there. */
const elsewhere = (texts: Texts) => (texts['nginx.conf'] ?? '').replaceAll('127.0.0.1:3000', '127.0.0.1:3999');

/** Puts texts into their places on every host, as a deployment without any check would, and restarts. */
async function deployTo(sandbox: Sandbox, texts: Texts): Promise<void> {
  for (const host of sandbox.hosts) {
    for (const { key, path } of filesOf(sandbox)) {
      const text = texts[key];
      if (text !== undefined) writeFileSync(host.path(path), text);
    }
    await host.systemctl('restart', 'interview-app', 'nginx');
  }
}

/** Broken JSON, a wrong upstream, an expired certificate, a name that leads nowhere, on every host and in the bucket. */
export const configurationDamaged: Scenario = {
  name: 'configuration-damaged',
  title: 'A broken configuration is brought out to every host',
  plan: 'configuration-recovery',
  prepare: async (world) => {
    await prepare(world);
    const sandbox = sandboxOf(world);
    await storeOf(sandbox).put({ 'production.json': cut(inForce(sandbox)) }, ago(1));
  },
  inject: async (world) => {
    const sandbox = sandboxOf(world);
    const now = inForce(sandbox);
    const { database, publicUrl } = sandbox.description;
    const expired = sandbox.authority.issue([new URL(publicUrl).hostname], { from: ago(400), to: ago(1) });
    const broken = {
      'production.json': cut(now),
      'nginx.conf': elsewhere(now),
      'tls/tls.crt': expired.certificate,
      'tls/tls.key': expired.key,
      hosts: `127.0.0.1 localhost\n127.0.0.9 ${database.address}\n`,
      [ENV]: (now[ENV] ?? '').replace(secretLine, 'SESSION_SECRET=leaked-long-ago'),
    };
    const at = new Date();
    await storeOf(sandbox).put(broken);
    await deployTo(sandbox, broken);
    return { at, what: `${Object.keys(broken).length} files were broken on ${sandbox.hosts.length} hosts` };
  },
  look: lookAtTheFiles,
};

/** Every file is well-formed, and the site is down. */
export const configurationChanged: Scenario = {
  name: 'configuration-changed',
  title: 'A configuration that passes every check sends users nowhere',
  plan: 'configuration-rollback',
  prepare,
  inject: async (world) => {
    const sandbox = sandboxOf(world);
    const changed = { 'nginx.conf': elsewhere(inForce(sandbox)) };
    const at = new Date();
    await storeOf(sandbox).put(changed);
    await deployTo(sandbox, changed);
    return { at, what: `the web server of ${sandbox.hosts.length} hosts passes requests to a port that nobody serves` };
  },
  look: lookAtTheFiles,
};

const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

const check = (name: string, expected: string, actual: string): Check => ({
  name,
  status: expected === actual ? 'passed' : 'failed',
  expected,
  actual,
  evidence: 'read on the hosts by the sandbox',
});

/** Every file of every host by its hash; the secret in the file and in the running process; the certificate that is served. */
async function lookAtTheFiles(world: World): Promise<Check[]> {
  const sandbox = sandboxOf(world);
  const wanted = good.get(sandbox) ?? {};
  const checks: Check[] = [];
  for (const host of sandbox.hosts) {
    for (const { key, path } of filesOf(sandbox)) {
      const place = host.path(path);
      const is = existsSync(place) ? digest(readFileSync(place, 'utf8')) : 'not there';
      checks.push(check(`${key} on ${host.id}`, digest(wanted[key] ?? ''), is));
    }
    const { session } = sandbox.passwords;
    // The value itself is in no report.
    checks.push(
      check(
        `the session's secret in the process on ${host.id}`,
        'of today',
        secretOf(host) === session ? 'of today' : 'another',
      ),
    );
    const served = await servedCertificate(host);
    const issued = new X509Certificate(wanted['tls/tls.crt'] ?? '').fingerprint256.slice(0, 23);
    checks.push(check(`the certificate that ${host.id} serves`, issued, served));
  }
  return checks;
}

function secretOf(host: Host): string | undefined {
  const pid = host.unit('interview-app.service')?.pid ?? 0;
  const file = `/proc/${pid}/environ`;
  if (pid === 0 || !existsSync(file)) return undefined;
  const entry = readFileSync(file, 'utf8')
    .split('\0')
    .find((one) => one.startsWith('SESSION_SECRET='));
  return entry?.slice('SESSION_SECRET='.length);
}

function servedCertificate(host: Host): Promise<string> {
  const { address, port } = host.endpoint(443);
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256.slice(0, 23) ?? 'none');
      socket.destroy();
    });
    socket.once('error', (error: Error) => {
      resolve(error.message);
    });
  });
}
