import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import * as z from 'zod';

/** What a finished image says of itself. */
const descriptionSchema = z.object({
  qemu: z.string(),
  release: z.string(),
  /** Logins of the database in the machine; made at random for each image. */
  passwords: z.object({ master: z.string(), app: z.string(), reports: z.string() }),
  /** Seconds that each part of the build took. */
  seconds: z.record(z.string(), z.number()),
});
export type ImageDescription = z.infer<typeof descriptionSchema>;

/** A finished image: every file that restoring needs, QEMU itself included. */
export class Image {
  constructor(readonly folder: string) {}

  get tools(): string {
    return join(this.folder, 'tools');
  }
  get rootDisk(): string {
    return join(this.folder, 'root.img');
  }
  get dataDisk(): string {
    return join(this.folder, 'data.img');
  }
  get memory(): string {
    return join(this.folder, 'memory');
  }
  get state(): string {
    return join(this.folder, 'state');
  }
  get kernel(): string {
    return join(this.folder, 'vmlinuz');
  }
  get initrd(): string {
    return join(this.folder, 'initrd.img');
  }
  /** Written last: an image without it is not finished. */
  get descriptionFile(): string {
    return join(this.folder, 'image.json');
  }

  get finished(): boolean {
    return existsSync(this.descriptionFile);
  }

  /** @throws ZodError, ENOENT where it is not finished */
  describe(): ImageDescription {
    return descriptionSchema.parse(JSON.parse(readFileSync(this.descriptionFile, 'utf8')));
  }
}

/** Where images are: $LIFEBOAT_HOST_FOLDER, or the user's folder for what can be made again. */
export function imagesFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache = environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return environment['LIFEBOAT_HOST_FOLDER'] ?? join(cache, 'lifeboat', 'host');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/**
 * The image's key: a hash of everything that we put into it. Not of Debian's packages, which only the mirror knows:
 * they are those of the day on which it was built.
 */
export function imageKey(): string {
  const hash = createHash('sha256');
  const here = join(__dirname, 'image');
  const application = join(__dirname, '..', 'applications', 'interview-drills', 'repository');
  for (const folder of [here, application]) {
    for (const file of filesBelow(folder)) hash.update(`${relative(folder, file)}\0`).update(readFileSync(file));
  }
  hash.update(readFileSync(require.resolve('pg/package.json')));
  return hash.digest('hex').slice(0, 16);
}

/** The image of today's inputs; finished or not. */
export const currentImage = (): Image => new Image(join(imagesFolder(), imageKey()));
