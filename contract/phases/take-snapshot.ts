import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const takeSnapshotPhases: StepPhases = {
  ...phase('decide', 'Check the right to run', 'Find the hosts', 'Look at the hosts', 'Look at the volumes'),
  ...rehearsing('volume-expiry', 'volume-snapshot'),
  ...phase('restore', 'Remove what has expired', 'Take the snapshot'),
  ...phase('validate', 'Ask each host whether it is healthy', 'All targets healthy', 'Healthy from outside'),
};
