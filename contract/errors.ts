/**
 * Every failure by name. The class is what throws, the name is what a state machine's Catch and Retry match and what a
 * report prints. The kind says what a run makes of it:
 *   rejection: the input or the situation is refused before anything has changed; the run ends `rejected`;
 *   transient: AWS asked to try again; retried by the named policies of statemachines/fragments/retries.ts;
 *   failure:   a step failed; the run ends `failed` and settling puts back what it must.
 */
export type ErrorKind = 'rejection' | 'transient' | 'failure';

export abstract class LifeboatError extends Error {
  abstract override readonly name: string;
  abstract readonly kind: ErrorKind;
}

abstract class Rejection extends LifeboatError {
  readonly kind = 'rejection';
}
abstract class Transient extends LifeboatError {
  readonly kind = 'transient';
}
abstract class Failure extends LifeboatError {
  readonly kind = 'failure';
}

/** The input of a run does not parse; the message names the field and what it should be. */
export class InvalidInputError extends Rejection {
  override readonly name = 'InvalidInputError';
}
/** What a task was given or a stored item holds has not the shape of the contract: a fault of ours, not of the caller. */
export class ContractViolationError extends Failure {
  override readonly name = 'ContractViolationError';
}
/** Another run holds the right to change this environment; the message names it. */
export class LeaseHeldError extends Rejection {
  override readonly name = 'LeaseHeldError';
}
/** This run has not, or no longer, the right to change the environment: its fencing token is not the lease's. */
export class LeaseLostError extends Failure {
  override readonly name = 'LeaseLostError';
}
/** What the last rollback put there is there still: going further back has to be asked for by name. */
export class RolledBackAlreadyError extends Rejection {
  override readonly name = 'RolledBackAlreadyError';
}
/** No probe says which moment, or which release, was good; the operator has to give `restoreTime`, or `release`. */
export class EvidenceMissingError extends Rejection {
  override readonly name = 'EvidenceMissingError';
}
/** The moment asked for lies in the future, before the earliest or after the latest restorable time. */
export class RestoreTimeOutOfRangeError extends Rejection {
  override readonly name = 'RestoreTimeOutOfRangeError';
}
/** Nothing is there to restore from, or not what was asked for. */
export class RecoverySourceMissingError extends Rejection {
  override readonly name = 'RecoverySourceMissingError';
}
/** There is no present state that could be backed up first: the database is gone, or nobody can connect to it any more. */
export class PresentStateGoneError extends Rejection {
  override readonly name = 'PresentStateGoneError';
}
/** PostgreSQL's tools or a backup are of another major version than the server; the message names which, and both versions. */
export class MajorVersionError extends Rejection {
  override readonly name = 'MajorVersionError';
}
/** The disk has no room for a second copy of the database, or for its safety backup; the message has the figures. */
export class DiskTooSmallError extends Rejection {
  override readonly name = 'DiskTooSmallError';
}
/** More would be lost than the recovery point objective allows: a person has to say `restoreTime` or `source`. */
export class PredictedLossExceededError extends Rejection {
  override readonly name = 'PredictedLossExceededError';
}
/** No such release: neither its repository nor a host has the tag. */
export class ReleaseMissingError extends Rejection {
  override readonly name = 'ReleaseMissingError';
}
/** A release does not work with the database's schema; the message says which `schema-rollback` has to come first. */
export class SchemaIncompatibleError extends Rejection {
  override readonly name = 'SchemaIncompatibleError';
}
/** A release could not be built on a host; the one that serves is untouched. */
export class BuildFailedError extends Failure {
  override readonly name = 'BuildFailedError';
}
/** A host's disk has no room for what was to be put there; nothing was put there. */
export class DiskFullError extends Failure {
  override readonly name = 'DiskFullError';
}
/** No host with the application's tag answers, or one of them does not. */
export class HostOfflineError extends Rejection {
  override readonly name = 'HostOfflineError';
}
/** A person denied the run, or nobody decided in time and the description says that this means no. */
export class ApprovalDeniedError extends Rejection {
  override readonly name = 'ApprovalDeniedError';
}
/** A host lacks a tool or a right that the documents need; raised by a Fail state, before anything has changed. */
export class HostUnfitError extends Rejection {
  override readonly name = 'HostUnfitError';
}
/** An agent is too old for parameters as environment variables; splicing text into scripts is never done instead. */
export class AgentTooOldError extends Rejection {
  override readonly name = 'AgentTooOldError';
}
/** The snapshot to go back to is missing, another volume's, overflowed or not clean; said before anything has changed. */
export class SnapshotUnsoundError extends Rejection {
  override readonly name = 'SnapshotUnsoundError';
}
/** Something has the volume open, which the message names: it was not unmounted, or not merged. */
export class VolumeBusyError extends Failure {
  override readonly name = 'VolumeBusyError';
}
/** The volume group has no room for the snapshot that has to be taken, or another snapshot would overflow. */
export class VolumeFullError extends Failure {
  override readonly name = 'VolumeFullError';
}
/** The file system has errors which may not be repaired, or could not be. */
export class FileSystemDamagedError extends Failure {
  override readonly name = 'FileSystemDamagedError';
}
/** A document ended with an exit code other than 0, or without its line of JSON; the message has the tail of its output. */
export class DocumentFailedError extends Failure {
  override readonly name = 'DocumentFailedError';
}
/** A document ran longer than it may; the host was told to stop it. */
export class DocumentTimedOutError extends Failure {
  override readonly name = 'DocumentTimedOutError';
}
/** A host did not take its command in time. */
export class HostSilentError extends Failure {
  override readonly name = 'HostSilentError';
}
/** A resource that this run wants to make exists already and is not tagged as this run's. */
export class ChangeConflictError extends Failure {
  override readonly name = 'ChangeConflictError';
}
/** The journal has no such change, or it is not in a state from which this can be done. */
export class ChangeStateError extends Failure {
  override readonly name = 'ChangeStateError';
}
/** A change was made but did not come into force; the message says what was expected and what is. */
export class ChangeNotConfirmedError extends Failure {
  override readonly name = 'ChangeNotConfirmedError';
}
/** Hosts are there that the run did not find when it began: it names each, and switched nothing on it. */
export class HostsChangedError extends Failure {
  override readonly name = 'HostsChangedError';
}
/** A change could not be undone; a person is called with the state before and now. */
export class UndoFailedError extends Failure {
  override readonly name = 'UndoFailedError';
}
/** The database cannot be reached from a host at all. */
export class DatabaseUnreachableError extends Failure {
  override readonly name = 'DatabaseUnreachableError';
}
/** Writers could still write after the fence: the write that had to fail did not. */
export class FenceFailedError extends Failure {
  override readonly name = 'FenceFailedError';
}
/** Connections to a database that is to be renamed do not end; nothing was changed, and the message names one of them. */
export class SessionsRemainError extends Failure {
  override readonly name = 'SessionsRemainError';
}
/** RDS ended the restore in a state from which no database comes. */
export class RestoreFailedError extends Failure {
  override readonly name = 'RestoreFailedError';
}
/** The replacement's settings are not the source's; the message lists each difference. */
export class SettingsDifferError extends Failure {
  override readonly name = 'SettingsDifferError';
}
/** A restored table is not what the baseline says; the message gives table, expected and actual. */
export class IntegrityCheckFailedError extends Failure {
  override readonly name = 'IntegrityCheckFailedError';
}
/** The application does not answer its health check, on a host or from outside. */
export class ApplicationUnhealthyError extends Failure {
  override readonly name = 'ApplicationUnhealthyError';
}
/** Nothing is stored of the hosts' configuration that could be taken: not as of that moment, or nothing that is sound. */
export class ConfigurationMissingError extends Rejection {
  override readonly name = 'ConfigurationMissingError';
}
/** A version of the configuration lacks a file, or a file has not its kind's syntax; the message names both. */
export class ConfigurationInvalidError extends Rejection {
  override readonly name = 'ConfigurationInvalidError';
}
/** A certificate of the chosen configuration, or one that the load balancer serves with, is not valid today. */
export class CertificateExpiredError extends Rejection {
  override readonly name = 'CertificateExpiredError';
}
/** A private key of the chosen configuration does not belong to its certificate. */
export class CertificateKeyMismatchError extends Rejection {
  override readonly name = 'CertificateKeyMismatchError';
}
/** `nginx -t` refuses the chosen configuration; the message has its words. */
export class WebServerRefusedError extends Rejection {
  override readonly name = 'WebServerRefusedError';
}
/** No run of that id is recorded: it never was, or its record is gone. */
export class RunUnknownError extends Rejection {
  override readonly name = 'RunUnknownError';
}
/** The run that is to be undone is not settled yet. */
export class RunNotFinishedError extends Rejection {
  override readonly name = 'RunNotFinishedError';
}
/** The run that is to be undone changed another environment. */
export class RunElsewhereError extends Rejection {
  override readonly name = 'RunElsewhereError';
}
/** The run that is to be undone left nothing in force that could be taken back. */
export class NothingToUndoError extends Rejection {
  override readonly name = 'NothingToUndoError';
}
/** The run that is to be undone was undone before. */
export class AlreadyUndoneError extends Rejection {
  override readonly name = 'AlreadyUndoneError';
}
/** A later run changed what the run changed; the message names it: undo that one first. */
export class RunSupersededError extends Rejection {
  override readonly name = 'RunSupersededError';
}
/** What was before the run cannot serve again, and nothing is left that could bring it back. */
export class NoWayBackError extends Rejection {
  override readonly name = 'NoWayBackError';
}
/** Going back loses accepted writes; the message counts them. A person has to say `acceptLoss` once they are counted. */
export class LossNotAcceptedError extends Rejection {
  override readonly name = 'LossNotAcceptedError';
}
/** A check of the validation failed, or could not be made; raised by a Fail state of the machine `validation`. */
export class ValidationFailedError extends Failure {
  override readonly name = 'ValidationFailedError';
}
/** The group names `$Latest` or `$Default`: nobody can say what it launches, nor roll it back; a person sets a fixed number first. */
export class FloatingVersionError extends Rejection {
  override readonly name = 'FloatingVersionError';
}
/** The launch template has not the version, or its user data does not name one release; the message says which. */
export class LaunchTemplateUnfitError extends Rejection {
  override readonly name = 'LaunchTemplateUnfitError';
}
/** There is no such target group, or no traffic to take from another one; the message says which. */
export class TargetGroupUnfitError extends Rejection {
  override readonly name = 'TargetGroupUnfitError';
}
/** No infrastructure is described, or what is there of it cannot be provisioned from its template now; the message says why. */
export class InfrastructureUnfitError extends Rejection {
  override readonly name = 'InfrastructureUnfitError';
}
/** Nothing of the described infrastructure is missing: there is nothing to provision. */
export class InfrastructureIntactError extends Rejection {
  override readonly name = 'InfrastructureIntactError';
}
/** A change set would delete, replace or change what is there and must not be; the message names each. It was not executed. */
export class ChangeSetRefusedError extends Rejection {
  override readonly name = 'ChangeSetRefusedError';
}
/** A quota of the account has no room for what is missing; the message has the figures. */
export class QuotaExceededError extends Rejection {
  override readonly name = 'QuotaExceededError';
}
/** The stack or the build that provisions did not end well; the message has AWS's words for what failed. */
export class ProvisioningFailedError extends Failure {
  override readonly name = 'ProvisioningFailedError';
}
/** New instances did not become healthy, and the refresh failed or went back; the message has Auto Scaling's words. */
export class RefreshFailedError extends Failure {
  override readonly name = 'RefreshFailedError';
}
/** The plan belongs into the other region, or this one cannot take over; the message says what is missing. */
export class RegionUnfitError extends Rejection {
  override readonly name = 'RegionUnfitError';
}
/** A replica has not replayed everything that its source had written; nothing was promoted. */
export class ReplicaBehindError extends Failure {
  override readonly name = 'ReplicaBehindError';
}
/** AWS refused by policy; the message names action and resource. Never retried. */
export class AccessDeniedError extends Failure {
  override readonly name = 'AccessDeniedError';
}
/** AWS refused for another permanent reason; the message has its error's name and words. */
export class AwsRefusedError extends Failure {
  override readonly name = 'AwsRefusedError';
}
/** AWS asked to slow down. */
export class ThrottledError extends Transient {
  override readonly name = 'ThrottledError';
}
/** AWS, or the way to it, failed for a moment. */
export class ServiceUnavailableError extends Transient {
  override readonly name = 'ServiceUnavailableError';
}
/** A wait used up its rounds; raised by a Fail state, never by a function. */
export const WAIT_EXPIRED = 'WaitExpired';
/** Settling could not undo something; raised by a Fail state of the settlement machine. */
export const UNDO_INCOMPLETE = 'UndoIncomplete';

export const errors = {
  ApprovalDeniedError,
  InvalidInputError,
  ContractViolationError,
  LeaseHeldError,
  LeaseLostError,
  EvidenceMissingError,
  RolledBackAlreadyError,
  RestoreTimeOutOfRangeError,
  RecoverySourceMissingError,
  PresentStateGoneError,
  MajorVersionError,
  DiskTooSmallError,
  PredictedLossExceededError,
  ReleaseMissingError,
  SchemaIncompatibleError,
  BuildFailedError,
  DiskFullError,
  HostOfflineError,
  HostUnfitError,
  AgentTooOldError,
  SnapshotUnsoundError,
  VolumeBusyError,
  VolumeFullError,
  FileSystemDamagedError,
  DocumentFailedError,
  DocumentTimedOutError,
  HostSilentError,
  ChangeConflictError,
  ChangeStateError,
  ChangeNotConfirmedError,
  HostsChangedError,
  UndoFailedError,
  DatabaseUnreachableError,
  FenceFailedError,
  SessionsRemainError,
  RestoreFailedError,
  SettingsDifferError,
  IntegrityCheckFailedError,
  ApplicationUnhealthyError,
  ConfigurationMissingError,
  ConfigurationInvalidError,
  CertificateExpiredError,
  CertificateKeyMismatchError,
  WebServerRefusedError,
  RunUnknownError,
  RunNotFinishedError,
  RunElsewhereError,
  NothingToUndoError,
  AlreadyUndoneError,
  RunSupersededError,
  NoWayBackError,
  LossNotAcceptedError,
  ValidationFailedError,
  FloatingVersionError,
  LaunchTemplateUnfitError,
  TargetGroupUnfitError,
  InfrastructureUnfitError,
  InfrastructureIntactError,
  ChangeSetRefusedError,
  QuotaExceededError,
  ProvisioningFailedError,
  RefreshFailedError,
  RegionUnfitError,
  ReplicaBehindError,
  AccessDeniedError,
  AwsRefusedError,
  ThrottledError,
  ServiceUnavailableError,
} as const;
export type ErrorName = keyof typeof errors;

const kinds = new Map(Object.entries(errors).map(([name, ErrorClass]) => [name, new ErrorClass('').kind]));

/** Errors of one kind by name, for Retry and Catch. */
export function errorNames(kind: ErrorKind): string[] {
  return [...kinds].filter(([, is]) => is === kind).map(([name]) => name);
}
