import { configurationPhases } from './configuration';
import { databaseRecoveryPhases } from './database-recovery';
import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';
import { releasePhases } from './releases';

/** Its steps are those of three plans, and belong where they belong there, but for what is done while the restore runs. */
export const fullSystemRecoveryPhases: StepPhases = {
  ...configurationPhases,
  ...releasePhases,
  ...databaseRecoveryPhases,
  ...rehearsing('configuration', 'group-launch-template', 'launch-template-version', 'release'),
  ...phase(
    'restore',
    'Begin the restore of the database',
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
