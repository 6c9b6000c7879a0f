import { type Clock } from '../../../asl';
import { type AddressPool, type CertificateAuthority, type Postgres, type RestoreProgress } from '../../databases';
import { type NameResolver } from '../../network';

/**
 * How long RDS takes for its own part, seconds, skipped where nothing works meanwhile. Rounded up from the times that the
 * RDS guide and its users report for small instances; what depends on the data (copying, replaying) is real.
 */
export const takes = {
  creating: 300,
  backingUp: 60,
  modifying: 60,
  resettingMasterCredentials: 30,
  rebooting: 40,
  renaming: 90,
  snapshot: 120,
  copying: 600,
  /** Without its reboot. */
  promoting: 120,
  securityGroups: 10,
  /** A change that was asked for does not show in the status at once. */
  untilStatusShows: 5,
  /** "RDS uploads transaction logs to Amazon S3 every five minutes" (RDS guide, Restoring to a specified time). */
  logUpload: 300,
} as const;

export interface RdsOptions {
  readonly account: string;
  readonly region: string;
  readonly clock: Clock;
  /** Where clusters and snapshots are kept. */
  readonly folder: string;
  readonly postgres: Postgres;
  readonly authority: CertificateAuthority;
  readonly addresses: AddressPool;
  readonly resolver: NameResolver;
  /** Security groups behind which nobody reaches an instance; the VPC's default one is closed too. */
  readonly closedSecurityGroupIds: readonly string[];
  readonly onRestore?: (instance: string, progress: RestoreProgress) => void;
}
