import { changeKindNames } from '../changes';
import { whyItStays } from '../undo';
import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const undoPhases: StepPhases = {
  ...rehearsing('auto-scaling-processes', 'maintenance-page', 'services', 'database-fence', 'database-settings', 'instance-rename', 'kept-instance', 'region-replica'),
  ...phase(
    'decide',
    'Check the right to run',
    'Find the hosts',
    'Look at the hosts',
    'Read the journal of the run',
    'Look at both regions',
    'Measure the database in service',
    'Measure the database before',
    'Count what would be lost',
    'Ask who may connect',
    'Prove the database over there',
  ),
  ...phase(
    'restore',
    'Suspend Auto Scaling',
    'Put the maintenance page up',
    'Stop the services',
    'Fence the database in service',
    'Measure it behind the fence',
    'Count what is lost',
    'Measure the database over there',
    'Prove it before it is opened',
    'Open the database over there',
    'Healthy over there',
  ),
  ...phase(
    'cut over',
    'Lead users back',
    'Wait until resolvers have forgotten this region',
    'Users are served over there',
    'Walk the journal backwards',
    ...changeKindNames.filter((kind) => whyItStays(kind) === undefined).map((kind) => `Undo ${kind}`),
    "Wait for the record's time to live",
    'Start the services',
    'Note that the services run again',
    'Ask each host whether it is healthy',
    'Take the maintenance page down',
    'All targets healthy',
    'Healthy from outside',
  ),
  ...phase(
    'settle',
    'Rename the promoted instance',
    'Keep the promoted instance',
    'Make the replica anew',
    'Give the replica its settings',
    'Resume Auto Scaling',
  ),
};
