/** The host is not running, or its machine process ended while it was asked. */
export class HostNotRunning extends Error {
  override readonly name = 'HostNotRunning';
}

/** A command was given up while the agent did not answer: the host never saw it, or its result never came back. */
export class CommandUndelivered extends Error {
  override readonly name = 'CommandUndelivered';
}
