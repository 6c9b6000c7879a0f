/** This computer cannot build or run a real host; the message names each thing that is missing and how to get it. */
export class RealHostUnavailable extends Error {
  override readonly name = 'RealHostUnavailable';
}

/** A step of the image's build failed; the message has the end of what it said. */
export class ImageBuildFailed extends Error {
  override readonly name = 'ImageBuildFailed';
}

/** QEMU ended, or refused an order. */
export class MachineFailed extends Error {
  override readonly name = 'MachineFailed';
}

/** The guest agent refused an order, or did not answer in time. */
export class AgentFailed extends Error {
  override readonly name = 'AgentFailed';
}
