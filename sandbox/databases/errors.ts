/**
 * Errors of this room. Their `name` is stable: callers tell them apart by it. They never cross a task's boundary, so
 * they live here and not in `contract`.
 */
export class PostgresMissingError extends Error {
  override readonly name = 'PostgresMissingError';
}

/** Started by root, and neither `postgres` nor `nobody` exists to run a server that refuses root. */
export class AccountMissingError extends Error {
  override readonly name = 'AccountMissingError';
}

/** The account that runs the server cannot enter a folder that it needs. */
export class UnreachableFolderError extends Error {
  override readonly name = 'UnreachableFolderError';
}

export class AddressesExhaustedError extends Error {
  override readonly name = 'AddressesExhaustedError';
}

/** A program other than a server (initdb) failed; the message ends with its output. */
export class CommandFailedError extends Error {
  override readonly name = 'CommandFailedError';
}

/** The server ended before it accepted connections. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  constructor(
    message: string,
    /** The last lines of the server's log. */
    readonly log: string,
  ) {
    super(`${message}\n${log}`);
  }
}

export class ServerNotRunningError extends Error {
  override readonly name = 'ServerNotRunningError';
}

export class ServerRunningError extends Error {
  override readonly name = 'ServerRunningError';
}

export class PasswordRefusedError extends Error {
  override readonly name = 'PasswordRefusedError';
}

/** A segment did not reach the archive in time: the archive is full, unwritable or gone. */
export class ArchiveStalledError extends Error {
  override readonly name = 'ArchiveStalledError';
}

export class NoBaseBackupError extends Error {
  override readonly name = 'NoBaseBackupError';
}

export class TargetBeforeEarliestError extends Error {
  override readonly name = 'TargetBeforeEarliestError';
  constructor(
    readonly target: Date,
    readonly earliest: Date,
  ) {
    super(`${target.toISOString()} is before the earliest restorable time, ${earliest.toISOString()}`);
  }
}

export class TargetAfterLatestError extends Error {
  override readonly name = 'TargetAfterLatestError';
  constructor(
    readonly target: Date,
    readonly latest: Date | undefined,
  ) {
    super(`${target.toISOString()} is after the latest restorable time, ${latest?.toISOString() ?? 'not known yet'}`);
  }
}

/** Base backups are readable by the major version that wrote them only. */
export class VersionMismatchError extends Error {
  override readonly name = 'VersionMismatchError';
}

export class RestoreFailedError extends Error {
  override readonly name = 'RestoreFailedError';
  constructor(
    message: string,
    /** The last lines of the restoring server's log. */
    readonly log: string,
    options?: ErrorOptions,
  ) {
    super(log === '' ? message : `${message}\n${log}`, options);
  }
}

export class RestoreCancelledError extends Error {
  override readonly name = 'RestoreCancelledError';
}

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** A setting that keeps the sandbox's clusters together and is not the caller's to change. */
export class SettingRefusedError extends Error {
  override readonly name = 'SettingRefusedError';
}

/** The folder for a new cluster holds one already. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError';
}
