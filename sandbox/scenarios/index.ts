/**
 * What damages things in a drill, at a moment that only the observer knows: `within(random, from, to)` seconds after it
 * began, with `seeded(…)` to repeat a drill and `unforeseeable()` otherwise.
 */
import { badDataMigration, badDataMigrationSelfHosted } from './bad-data-migration';
import { badLaunchTemplate } from './bad-launch-template';
import { brokenTargetGroup } from './broken-target-group';
import { configurationChanged, configurationDamaged } from './configuration';
import { damagedFiles, noSnapshotYet } from './damaged-files';
import { deletedAndCorruptedRows } from './deleted-and-corrupted-rows';
import { badRelease, badReleaseAfterAnother } from './bad-release';
import { deniedPolicy } from './denied-policy';
import { wrongMigration } from './schema';
import { volumeHeldOpen } from './held-volume';
import { silentHost } from './hosts';
import { damageDuringRestore, restoreKilled } from './restores';
import { lostFiles, lostFilesAndBackups, lostVolume } from './lost-files';
import { lostSystem } from './lost-system';
import { missingInfrastructure } from './missing-infrastructure';
import { mistakenRecovery } from './mistaken-recovery';
import { lostRegion, returnedRegion } from './regions';
import type { Scenario } from './scenario';
import { selfHostedRows } from './self-hosted';

export { badDataMigration, badDataMigrationSelfHosted } from './bad-data-migration';
export { badLaunchTemplate } from './bad-launch-template';
export { brokenTargetGroup } from './broken-target-group';
export { configurationChanged, configurationDamaged } from './configuration';
export {
  compareFiles,
  damagedFiles,
  filesIn,
  lookAtFiles,
  noSnapshotYet,
  prepareSnapshot,
  rememberFiles,
} from './damaged-files';
export { lostFiles, lostFilesAndBackups, lostVolume } from './lost-files';
export { lostSystem } from './lost-system';
export { badRelease, badReleaseAfterAnother } from './bad-release';
export { deletedAndCorruptedRows } from './deleted-and-corrupted-rows';
export { lostRegion, returnedRegion } from './regions';
export { deniedPolicy } from './denied-policy';
export { volumeHeldOpen } from './held-volume';
export { silentHost } from './hosts';
export { type Random, seeded, unforeseeable, within } from './random';
export { damageDuringRestore, restoreKilled } from './restores';
export {
  type Database,
  type Injected,
  NothingToDamageError,
  sandboxOf,
  type Scenario,
  type Struck,
  type World,
} from './scenario';

export { selfHostedRows } from './self-hosted';

/** By name. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(
  [
    deletedAndCorruptedRows,
    restoreKilled,
    damageDuringRestore,
    silentHost,
    configurationDamaged,
    configurationChanged,
    badRelease,
    badReleaseAfterAnother,
    wrongMigration,
    deniedPolicy('rds:RestoreDBInstanceToPointInTime'),
    badLaunchTemplate,
    mistakenRecovery,
    lostFiles,
    lostFilesAndBackups,
    lostVolume,
    lostSystem,
    damagedFiles,
    volumeHeldOpen,
    noSnapshotYet,
    brokenTargetGroup,
    lostRegion,
    returnedRegion,
    missingInfrastructure,
    selfHostedRows,
    badDataMigration,
    badDataMigrationSelfHosted,
  ].map((scenario) => [scenario.name, scenario]),
);
