/**
 * The sample application: `createRepository(folder)` makes its git repository, `installApplication(host, setup)` puts a
 * version on a host and waits until it is healthy, `fillDatabase(client)` makes a hundred megabytes of data.
 */
export { createRepository, readVersions, type Version } from './repository';
export { fillDatabase, type Filled, type FillOptions, type Queryable } from './data';
export { configureApplication } from './real';
export {
  applicationFolder,
  awaitHealthy,
  deployRelease,
  installApplication,
  ProvisioningFailed,
  releasesFolder,
  type ApplicationDatabase,
  type ApplicationSetup,
} from './world';
