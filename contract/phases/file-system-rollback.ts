import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

const ON = ['the first host', 'the other hosts'];

export const fileSystemRollbackPhases: StepPhases = {
  ...phase(
    'decide',
    'Check the right to run',
    'Find the hosts',
    'Look at the hosts',
    'Look at the volumes',
    'Choose the snapshot',
    'Check the snapshot',
  ),
  ...rehearsing('auto-scaling-processes', 'maintenance-page', 'services', 'volume-closed', 'volume-merge'),
  ...phase(
    'restore',
    'Suspend Auto Scaling',
    'Put the maintenance page up',
    'Stop the services',
    ...ON.flatMap((which) => [`Close the volume on ${which}`, `Merge the snapshot on ${which}`]),
  ),
  ...phase(
    'validate',
    ...ON.flatMap((which) => [
      `Check the file system on ${which}`,
      `Mount the volume on ${which}`,
      `Note that it is mounted on ${which}`,
    ]),
    'Start the services on the first host',
    'Ask the first host whether it is healthy',
  ),
  ...phase(
    'cut over',
    'Start the services',
    'Note that the services run again',
    'Ask each host whether it is healthy',
    'Take the maintenance page down',
    'All targets healthy',
    'Healthy from outside',
  ),
  ...phase('settle', 'Resume Auto Scaling'),
};
