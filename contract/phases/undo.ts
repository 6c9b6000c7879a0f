import { changeKindNames } from '../changes';
import { whyItStays } from '../undo';
import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const undoPhases: StepPhases = {
  ...rehearsing('auto-scaling-processes', 'maintenance-page', 'services', 'database-fence'),
  ...phase(
    'decide',
    'Check the right to run',
    'Find the hosts',
    'Look at the hosts',
    'Read the journal of the run',
    'Measure the database in service',
    'Measure the database before',
    'Count what would be lost',
    'Ask who may connect',
  ),
  ...phase(
    'restore',
    'Suspend Auto Scaling',
    'Put the maintenance page up',
    'Stop the services',
    'Fence the database in service',
    'Measure it behind the fence',
    'Count what is lost',
  ),
  ...phase(
    'cut over',
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
  ...phase('settle', 'Resume Auto Scaling'),
};
