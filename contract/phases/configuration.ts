import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

/** Of recovery and rollback: they differ in what they choose. */
export const configurationPhases: StepPhases = {
  ...phase(
    'decide',
    'Check the right to run',
    'Find the hosts',
    'Look at the hosts',
    'Look at the configuration',
    'Find the stored versions',
    'Choose the version',
  ),
  ...rehearsing('auto-scaling-processes', 'configuration'),
  ...phase('validate', 'Examine the versions', 'Examine it on every host'),
  ...phase(
    'restore',
    'Suspend Auto Scaling',
    'Compare the hosts',
    'Place it on the first host',
    'Place it on the others',
    'Place it on a batch of hosts',
  ),
  ...phase('cut over', 'All targets healthy', 'Healthy from outside'),
  ...phase('settle', 'Resume Auto Scaling'),
};
