import { placeOn } from '../configuration/choose';
import * as configuration from '../configuration/values';
import * as database from '../database-recovery/intentions';
import { applicationKeys, puttingUpThePage, suspending } from '../fragments/application';
import { pointingThePublicRecord, provisioning, registering } from '../fragments/infrastructure';
import { bootReleaseIntends } from '../fragments/instances';
import { intend, unread, type Intention } from '../fragments/intention';
import { activeUnits, hosts } from '../fragments/values';
import { switching as switchingOn } from '../releases/batches';
import { release } from '../releases/values';
import * as is from './values';

/** The web server goes on: users see the maintenance page, and its own files are taken into use at once. */
export const stoppingTheApplication = intend('services', {
  step: 'Stop the application',
  key: applicationKeys.services,
  target: { hosts, services: is.applicationUnits },
  before: { active: activeUnits },
});

const everywhere = placeOn(hosts);
/** On all hosts at once, since none of them serves; health is asked once database and release are there. */
export const placing = intend('configuration', {
  step: 'Place the configuration on every host',
  key: 'place-configuration',
  ...everywhere,
  target: {
    ...everywhere.target,
    parameters: { ...everywhere.target.parameters, Files: configuration.filesWhileClosed, HealthUrls: '' },
  },
});

/** On all hosts at once, for the same reason. */
export const switching = switchingOn(hosts);

/** In the order in which they are made. What only the hosts can tell is listed in words. */
export const intentions: readonly Intention[] = [
  database.replacing,
  puttingUpThePage,
  ...provisioning,
  suspending,
  unread(stoppingTheApplication),
  unread(database.fencing),
  database.fencingItsNetwork,
  unread(placing),
  database.carryingOver,
  database.givingTheMasterLogin,
  database.movingTheRecord,
  database.takingTheName,
  database.givingTheName,
  unread(switching),
  ...registering,
  pointingThePublicRecord,
  ...bootReleaseIntends({ release }),
  database.keepingTheReplaced,
  database.lettingTheAlarmsFollow,
  database.backingUp,
];
