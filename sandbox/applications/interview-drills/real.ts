import { type RealHost } from '../../real-host';
import { applicationFolder, awaitHealthy, ProvisioningFailed, type ApplicationSetup } from './world';

const authority = '/etc/ssl/interview-app/ca.pem';

/**
 * Points the application on a real host, where it is installed already, at the sandbox's database: configuration (with
 * its copy in /backup/config), schema, restart. Its own database stops. The release is the one of the image.
 */
export async function configureApplication(host: RealHost, setup: Omit<ApplicationSetup, 'repository'>): Promise<void> {
  const { mode, ca } = setup.database.ssl;
  if (ca !== undefined) await host.write(authority, ca);
  const config = {
    port: 3000,
    region: setup.region,
    secretId: setup.secretId,
    database: { ...setup.database, ssl: ca === undefined ? { mode } : { mode, ca: authority } },
  };
  const variables = `NODE_ENV=production\nPORT=3000\nDATABASE_SECRET_ID=${setup.secretId}\nAWS_REGION=${setup.region}\n`;
  for (const folder of [applicationFolder, '/backup']) {
    await host.write(`${folder}/config/production.json`, `${JSON.stringify(config, null, 2)}\n`);
  }
  for (const file of [`${applicationFolder}/.env.production`, '/backup/config/.env.production'])
    await host.write(file, variables, 0o600);
  const script = `#!/bin/bash
set -euo pipefail
cd ${applicationFolder}
tag=$(git -c safe.directory='*' describe --tags)
[ "$tag" = "$wanted" ] || { echo "the image has $tag, not $wanted" >&2; exit 1; }
chown www-data: .env.production config/production.json
systemctl disable --quiet --now postgresql postgresql@15-main
${setup.migrate === true ? 'scripts/migrate.sh up' : ':'}
systemctl restart interview-app`;
  // Under emulation each start of Node takes seconds.
  const ran = await host.run(script, { wanted: setup.tag }, { timeoutSeconds: 600 });
  if (ran.exitCode !== 0) throw new ProvisioningFailed(`Host ${host.id}: ${ran.stdout}${ran.stderr}`);
  const seconds = setup.healthSeconds ?? 240;
  if (seconds > 0) await awaitHealthy(host, seconds);
}
