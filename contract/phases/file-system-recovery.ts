import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const fileSystemRecoveryPhases: StepPhases = {
  ...phase(
    'decide',
    'Check the right to run',
    'Find the hosts',
    'Look at the hosts',
    'Look at the volumes',
    'Look for archives in the bucket',
    'Examine the archives',
    'Choose the source of the files',
    'Check the snapshot',
  ),
  ...rehearsing('files-staged', 'files-volume', 'kept-volume', 'auto-scaling-processes', 'standby', 'files'),
  ...phase('restore', 'Unpack the archive beside the files', 'Make volumes from the snapshot'),
  ...phase(
    'cut over',
    'Suspend Auto Scaling',
    'Compare the hosts',
    'Batch after batch',
    'Take the hosts out of service',
    'Restore the files',
    'Put the hosts back into service',
    'Targets of the batch healthy',
    'Ask each host whether it is healthy',
    'All targets healthy',
    'Healthy from outside',
  ),
  ...phase('settle', 'Compare the hosts again', 'Resume Auto Scaling', 'Keep the replaced volumes'),
};
