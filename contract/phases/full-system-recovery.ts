import { configurationPhases } from './configuration';
import { databaseRecoveryPhases } from './database-recovery';
import { infrastructureRecoveryPhases } from './infrastructure-recovery';
import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';
import { releasePhases } from './releases';

/** What is done to all hosts at once, or in another order, has no step of its plan's here. */
const elsewhere = new Set([
  'Place it on a batch of hosts',
  'Place it on the first host',
  'Place it on the others',
  'Batch after batch',
  'Take the hosts out of service',
  'Put the hosts back into service',
  'Targets of the batch healthy',
  'Rehearse standby',
  'Ask the database for its schema',
  'Hold the release against the schema',
  'Restore, and meanwhile close the old database',
  'Stop the services',
  'Compare the hosts',
  'Compare the hosts again',
]);

/** Its steps are those of three plans, and belong where they belong there, but for what is done while the restore runs. */
const all: StepPhases = {
  ...infrastructureRecoveryPhases,
  ...configurationPhases,
  ...releasePhases,
  ...databaseRecoveryPhases,
  ...rehearsing('configuration', 'group-launch-template', 'launch-template-version', 'release'),
  ...phase(
    'restore',
    'Begin the restore at once',
    'Look at the configuration',
    'Find the stored versions',
    'Examine the versions',
    'Choose the version',
    'Examine it on every host',
    'Look at the releases',
    'Choose the release',
    'Look for the release',
    'Stop the application',
    'Place the configuration on every host',
  ),
  ...phase('cut over', 'Switch the release'),
};

export const fullSystemRecoveryPhases: StepPhases = Object.fromEntries(
  Object.entries(all).filter(([step]) => !elsewhere.has(step)),
);
