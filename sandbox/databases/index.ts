/**
 * Real PostgreSQL for the sandbox: servers on loopback addresses with TLS, WAL archives, base backups, snapshots and
 * point-in-time restores. Knows nothing of AWS.
 *
 *     const postgres = await findPostgres();
 *     const authority = await CertificateAuthority.create(folder);
 *     const address = await new AddressPool().take();
 *     const cluster = await Cluster.create({ folder: `${folder}/main`, postgres, authority, address, names: ['db.example'] });
 *     await createMaster(cluster, { name: 'app_master', password });
 *     await takeBaseBackup(cluster);
 *     const target = await latestRestorableTime(cluster);
 *     const { cluster: copy } = await restore({ archive: cluster.archive, target, into: { … } });
 */
export { admitServers } from './account';
export { type Address, AddressPool } from './addresses';
export { Archive, type BaseBackup } from './archive';
export { type BackupOptions, type CopyProgress, latestRestorableTime, takeBaseBackup, takeSnapshot } from './backup';
export { findPostgres, type FindOptions, type Postgres, type Tool } from './binaries';
export { CertificateAuthority } from './certificates';
export { Cluster, type ClusterOptions } from './cluster';
export { ADMIN, ADMIN_DATABASE, type Settings } from './configuration';
export { type ContentDigest, contentDigest } from './digest';
export * from './errors';
export type { Fault, FaultStep } from './fault';
export { follow, type FollowOptions, promote, replayedTo } from './replica';
export {
  restore,
  type Restored,
  type RestoreOptions,
  type RestoreProgress,
  restoreSnapshot,
  type SnapshotRestoreOptions,
  type Target,
} from './restore';
export { createDatabase, createLogin, createMaster, createSuperuser, type Login, setRolePassword } from './roles';
export { endServers, type StopMode } from './server';
