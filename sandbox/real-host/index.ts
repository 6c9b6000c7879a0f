/**
 * A real Debian machine under emulation, as a host. `buildImage(note)` makes it once, `RealHost.boot(options)` restores
 * it for one use; `neededToBuild()` and `neededToRun()` say what this computer lacks. docs/real-host.md has the rest.
 */
export { buildImage } from './build';
export { AgentFailed, ImageBuildFailed, MachineFailed, RealHostUnavailable } from './errors';
export { filesOn } from './files';
export { currentImage, type Image, type ImageDescription } from './image-folder';
export { dataVolume, guestDatabase } from './image/contents';
export { NameServer } from './name-server';
export { neededToBuild, neededToRun } from './needs';
export { realHostStandIns } from './stand-ins';
export { RealHost, type RealHostOptions } from './real-host';
export { guestRegion, ownSecrets, secretArn } from './secrets';
