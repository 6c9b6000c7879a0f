import { statSync } from 'node:fs';
import { buildImage } from './build';
import { ImageBuildFailed, RealHostUnavailable } from './errors';

/** `npm run host:build`: makes the image of a real host, and says what it is doing. Exit 3 where this computer cannot. */
async function main(): Promise<void> {
  const start = Date.now();
  const note = (text: string): void => {
    process.stdout.write(`${((Date.now() - start) / 1000).toFixed(0).padStart(4)} s  ${text}\n`);
  };
  const image = await buildImage(note);
  const { qemu, release } = image.describe();
  const megabytes = [image.memory, image.state, image.rootDisk, image.dataDisk]
    .map((file) => statSync(file).blocks * 512)
    .reduce((sum, bytes) => sum + bytes / 1024 ** 2, 0);
  note(`ready: Debian ${release} under QEMU ${qemu}, ${megabytes.toFixed(0)} MB in ${image.folder}`);
}

main().catch((error: unknown) => {
  const known = error instanceof RealHostUnavailable || error instanceof ImageBuildFailed;
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  process.exitCode = error instanceof RealHostUnavailable ? 3 : 1;
});
