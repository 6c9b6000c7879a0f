import * as fs from 'node:fs';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Host } from '../../hosts';

export interface ApplicationDatabase {
  /** The name that the application connects by; a private zone resolves it. */
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly ssl: { readonly mode: 'disable' | 'require' | 'verify-ca' | 'verify-full'; readonly ca?: string };
}

export interface ApplicationSetup {
  /** Made by `createRepository`. */
  readonly repository: string;
  /** `v1.3.0` */
  readonly tag: string;
  /** `ssl.ca` is the text of the certificate, which is written to the host. */
  readonly database: ApplicationDatabase;
  readonly secretId: string;
  readonly region: string;
  /** For TLS on the web server; without it there is plain HTTP alone. */
  readonly site?: { readonly certificate: string; readonly key: string };
  /** Today's value of the secret with which sessions are signed. */
  readonly session?: string;
  /** Also brings the schema to the version's; the first host of a new database does it. */
  readonly migrate?: boolean;
  /** Real seconds to wait until /api/health says 200; nought for not at all. 20 where nothing is said. */
  readonly healthSeconds?: number;
}

/** A step on the host failed; the message has its output. */
export class ProvisioningFailed extends Error {
  override readonly name = 'ProvisioningFailed';
}

/** A symbolic link to the folder of the release that serves. */
export const applicationFolder = '/var/www/interview-app';
/** Each release has a folder of its own in it, named by its tag: a git clone that is built. */
export const releasesFolder = '/var/www/releases';
const authority = '/etc/ssl/interview-app/ca.pem';

const units = {
  'interview-app.service': `[Unit]
Description=Interview Drills
After=network.target

[Service]
Type=simple
User=www-data
WorkingDirectory=${applicationFolder}
EnvironmentFile=-${applicationFolder}/.env.production
ExecStart=/usr/bin/node dist/main.js
Restart=on-failure
RestartSec=500ms
TimeoutStopSec=10

[Install]
WantedBy=multi-user.target
`,
  'nginx.service': `[Unit]
Description=A high performance web server and a reverse proxy server
After=network.target

[Service]
Type=simple
ExecStartPre=/usr/sbin/nginx -t -q
ExecStart=/usr/sbin/nginx
ExecReload=/usr/sbin/nginx -s reload
TimeoutStopSec=5

[Install]
WantedBy=multi-user.target
`,
} as const;

const tls = { certificate: '/etc/ssl/interview-app/tls.crt', key: '/etc/ssl/interview-app/tls.key' } as const;

const nginx = (secure: boolean): string => `worker_processes auto;
events { worker_connections 1024; }
http {
  server {
    listen 80;
    location / {
      proxy_pass http://127.0.0.1:3000;
      proxy_read_timeout 10s;
    }
  }
${secure ? secureServer : ''}}
`;
const secureServer = `  server {
    listen 443 ssl;
    ssl_certificate ${tls.certificate};
    ssl_certificate_key ${tls.key};
    location / {
      proxy_pass http://127.0.0.1:3000;
      proxy_read_timeout 10s;
    }
  }
`;

function write(host: Host, file: string, text: string, mode = 0o644): void {
  const place = host.path(file);
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.writeFileSync(place, text, { mode });
}

/** Runs a script on a host. Throws ProvisioningFailed unless it exits with 0. */
async function step(host: Host, script: string, environment: Record<string, string> = {}): Promise<string> {
  const result = await host.run(`#!/bin/bash\nset -euo pipefail\n${script}`, environment, { timeoutSeconds: 120 });
  if (result.exitCode === 0) return result.stdout;
  throw new ProvisioningFailed(`Host ${host.id}: ${script}\n${result.stdout}${result.stderr}`);
}

/** Polls the host's own nginx, as a load balancer would see it. Throws ProvisioningFailed with the last answer. */
export async function awaitHealthy(host: Pick<Host, 'id' | 'endpoint'>, seconds: number): Promise<void> {
  const { address, port } = host.endpoint(80);
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const last = await fetch(`http://${address}:${port}/api/health`, { signal: AbortSignal.timeout(2000) }).then(
      async (response) => ({ ok: response.ok, text: await response.text() }),
      (error: unknown) => ({ ok: false, text: String(error) }),
    );
    if (last.ok) return;
    if (Date.now() > deadline) {
      throw new ProvisioningFailed(`Host ${host.id} is not healthy after ${seconds} s: ${last.text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Deploys another version to a host that has one, as a pipeline would: a folder of its own, built, the configuration beside
 * it, the link, a restart. Healthy or not is nobody's concern here. Throws ProvisioningFailed.
 */
export async function deployRelease(host: Host, tag: string): Promise<void> {
  await step(
    host,
    `serving=$(readlink -e "$application")
if [ ! -d "$releases/$tag" ]; then
  git clone -q "$(git -C "$serving" remote get-url origin)" "$releases/$tag"
  cd "$releases/$tag"
  git checkout -q "$tag"
  npm ci --silent
  npm run --silent build
  cp -p "$serving/.env.production" .env.production
  cp -p "$serving/config/production.json" config/production.json
fi
ln -s "\${releases##*/}/$tag" "$application.new"
mv -T "$application.new" "$application"
systemctl restart interview-app`,
    { application: applicationFolder, releases: releasesFolder, tag },
  );
}

/**
 * Puts the application on a host, as an instance's user data would: clone and build in the release's own folder, the link
 * to it, configuration (with its copy in /backup/config), services under systemd, and waits until it is healthy.
 */
export async function installApplication(host: Host, setup: ApplicationSetup): Promise<void> {
  const { mode, ca } = setup.database.ssl;
  if (ca !== undefined) write(host, authority, ca);
  const config = {
    port: 3000,
    region: setup.region,
    secretId: setup.secretId,
    // Only what verifies reads the authority. The application reads this path itself, so it is the one on this computer.
    database: {
      ...setup.database,
      ssl: ca === undefined || mode === 'require' ? { mode } : { mode, ca: host.path(authority) },
    },
  };
  const variables = (session: string) =>
    `NODE_ENV=production\nPORT=3000\nDATABASE_SECRET_ID=${setup.secretId}\nAWS_REGION=${setup.region}\n${setup.session === undefined ? '' : `SESSION_SECRET=${session}\n`}`;
  // As a URL the repository's path is not taken for one of the host's.
  await step(
    host,
    // A line each: `set -e` lets a list with && fail that is not the last one.
    `rm -rf "$releases/$tag"
git clone -q "$repository" "$releases/$tag"
cd "$releases/$tag"
git checkout -q "$tag"
npm ci --silent
npm run --silent build
ln -s "\${releases##*/}/$tag" "$application.new"
mv -T "$application.new" "$application"`,
    {
      application: applicationFolder,
      releases: releasesFolder,
      repository: pathToFileURL(setup.repository).href,
      tag: setup.tag,
    },
  );
  const placed = (file: string, stored: string, text: string, mode = 0o644): void => {
    write(host, file, text, mode);
    write(host, `/backup/config/${stored}`, text, mode);
  };
  placed(`${applicationFolder}/config/production.json`, 'production.json', `${JSON.stringify(config, null, 2)}\n`);
  write(host, `${applicationFolder}/.env.production`, variables(setup.session ?? ''), 0o600);
  // A backup is older than the last rotation.
  write(host, '/backup/config/.env.production', variables('rotated-away'), 0o600);
  placed('/etc/nginx/nginx.conf', 'nginx.conf', nginx(setup.site !== undefined));
  placed('/etc/hosts', 'hosts', '127.0.0.1 localhost\n');
  if (setup.site !== undefined) {
    placed(tls.certificate, 'tls/tls.crt', setup.site.certificate);
    placed(tls.key, 'tls/tls.key', setup.site.key, 0o600);
  }
  for (const [name, text] of Object.entries(units)) write(host, `/etc/systemd/system/${name}`, text);
  if (setup.migrate === true)
    await step(host, '"$application"/scripts/migrate.sh up', { application: applicationFolder });
  await step(
    host,
    'systemctl daemon-reload\nsystemctl --quiet enable interview-app nginx\nsystemctl restart interview-app nginx',
  );
  const seconds = setup.healthSeconds ?? 20;
  if (seconds > 0) await awaitHealthy(host, seconds);
}
