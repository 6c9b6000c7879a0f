import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { awsCli } from '../hosts/aws-cli';
import { codename, debianSources } from './apt';
import { Door } from './door';
import { ImageBuildFailed, RealHostUnavailable } from './errors';
import { applicationVersion, guestDatabase, volumeMegabytes, volumeOffset } from './image/contents';
import { currentImage, Image, type ImageDescription } from './image-folder';
import { neededToBuild, requireAll } from './needs';
import { Qemu } from './qemu';
import { makeDisks } from './root-disk';
import { guestRegion, ownSecrets, secretArn } from './secrets';
import { qemuVersion, unpackTools } from './tools';

/** Seconds that a boot under emulation may take on a busy computer. */
const BOOT = 240;

/**
 * Makes the image of today's inputs, or finds it made: disks, a first boot, provisioning, the running state saved.
 * @param note hears what is being done, while it is done
 * @throws RealHostUnavailable where this computer lacks something, ImageBuildFailed where a step fails
 */
export async function buildImage(note: (text: string) => void): Promise<Image> {
  const wanted = currentImage();
  if (wanted.finished) return wanted;
  requireAll(neededToBuild());
  // Beside its place: whoever looks there finds a whole image or none.
  const image = new Image(`${wanted.folder}.${process.pid}.building`);
  mkdirSync(image.folder, { recursive: true, mode: 0o700 });
  const log = `${wanted.folder}.log`;
  writeFileSync(log, '');
  try {
    const description = await new Build(image, log, note).run();
    writeFileSync(image.descriptionFile, `${JSON.stringify(description, null, 2)}\n`);
    rmSync(wanted.folder, { recursive: true, force: true });
    renameSync(image.folder, wanted.folder);
  } catch (error) {
    rmSync(image.folder, { recursive: true, force: true });
    if (!(error instanceof Error) || error instanceof RealHostUnavailable) throw error;
    throw new ImageBuildFailed(`${error.message}\nEverything that was said: ${log}`, { cause: error });
  }
  return wanted;
}

class Build {
  readonly #seconds: Record<string, number> = {};
  readonly #passwords = Object.fromEntries(
    ['master', 'app', 'reports'].map((role) => [role, randomBytes(18).toString('base64url')]),
  );

  constructor(
    private readonly image: Image,
    private readonly log: string,
    private readonly note: (text: string) => void,
  ) {}

  async run(): Promise<ImageDescription> {
    const { image, log, note } = this;
    const release = codename();
    const sources = await debianSources(release);
    const tools = await this.#part('QEMU and mmdebstrap', () => unpackTools(image.tools, release, sources, log, note));
    const qemu = await qemuVersion(tools);
    note(`QEMU ${qemu}`);
    const { master = '', app = '', reports = '' } = this.#passwords;
    const passwords = { master, app, reports };
    const variables = {
      DATABASE_ADDRESS: guestDatabase.address,
      DATABASE_PORT: String(guestDatabase.port),
      DATABASE_NAME: guestDatabase.name,
      MASTER_PASSWORD: master,
      APPLICATION_PASSWORD: app,
      REPORTS_PASSWORD: reports,
      SECRET_ID: secretArn('app'),
      REGION: guestRegion,
      VERSION: applicationVersion,
    };
    await this.#part('disks', () => makeDisks({ image, tools, release, sources, log, note, variables }));
    const secrets = ownSecrets({ passwords });
    const door = await Door.open((argv) => awsCli(argv, { id: 'build', role: 'build' }, { getSecretValue: secrets }));
    const machine = await Qemu.start(image, { purpose: 'build', console: join(image.folder, 'console.log') });
    try {
      await this.#part('first boot', () => machine.agent.sync(BOOT));
      await this.#part('provisioning', () => this.#provision(machine, door.url));
      await this.#part('saving the running state', () => machine.save());
    } finally {
      await machine.end();
      door.close();
    }
    return { qemu, release, passwords, seconds: this.#seconds };
  }

  async #part<T>(name: string, work: () => Promise<T>): Promise<T> {
    this.note(name);
    const start = Date.now();
    const result = await work();
    this.#seconds[name] = Math.round((Date.now() - start) / 100) / 10;
    return result;
  }

  async #provision(machine: Qemu, door: string): Promise<void> {
    const { agent } = machine;
    const lifeboat = '/usr/lib/lifeboat';
    await agent.run(`${lifeboat}/arrive`, [String(Date.now() / 1000), door, '']);
    const script = `exec ${lifeboat}/provision 2>/var/log/provision.log`;
    const { ended } = await agent.start('/bin/bash', ['-c', script], '', {
      VOLUME_MEGABYTES: String(volumeMegabytes),
      VOLUME_OFFSET: String(volumeOffset),
    });
    const finished = ended.then(() => true);
    // Asking costs emulated time as well.
    const pause = (): Promise<boolean> => new Promise((resolve) => setTimeout(resolve, 2000, false));
    let shown = 0;
    while (!(await Promise.race([finished, pause()]))) {
      const said = (await agent.run('/bin/cat', ['/var/log/provision.log'])).split('\n').slice(0, -1);
      for (const line of said.slice(shown)) this.note(`provisioning: ${line}`);
      shown = said.length;
    }
    const { code } = await ended;
    if (code !== 0) {
      const said = await agent.run('/usr/bin/tail', ['-n', '30', '/var/log/provision.log']);
      throw new ImageBuildFailed(`provisioning ended with ${String(code)}: ${said}`);
    }
  }
}
