import { randomBytes } from 'node:crypto';
import { AddressPool } from '../../sandbox/network';
import { currentImage, ownSecrets, RealHost } from '../../sandbox/real-host';

const addresses = new AddressPool();
const machines = new Set<RealHost>();

/** The application on a machine that was just restored. Ended by `endMachines`. */
export async function restore(): Promise<RealHost> {
  const image = currentImage();
  const machine = await RealHost.boot({
    id: `i-${randomBytes(9).toString('hex').slice(0, 17)}`,
    image,
    address: await addresses.claim(),
    role: 'interview-host',
    getSecretValue: ownSecrets(image.describe()),
  });
  machines.add(machine);
  return machine;
}

export async function endMachines(): Promise<void> {
  for (const machine of machines) await machine.destroy();
  machines.clear();
  await addresses.close();
}
