import { changeKindNames } from '../changes';
import { whyItStays } from '../undo';
import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const undoPhases: StepPhases = {
  ...rehearsing(
    'auto-scaling-processes',
    'database-alarms',
    'database-fence',
    'database-replacement',
    'database-settings',
    'dns-record',
    'first-backup',
    'instance-rename',
    'kept-instance',
    'maintenance-page',
    'master-login',
    'services',
  ),
  ...phase(
    'decide',
    'Check the right to run',
    'Find the hosts',
    'Look at the hosts',
    'Read the journal of the run',
    'Look for the snapshot',
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
    'Restore beside the old instance',
    'Carry over what a restore cannot take',
    'Compare every setting',
  ),
  ...phase(
    'validate',
    "Give the copy today's master login",
    'Open the copy to its logins',
    "Give the logins today's passwords",
    'Log in from a host by the name that the application uses',
    'Measure the copy',
    'Hold the copy against the baseline',
  ),
  ...phase(
    'cut over',
    'Move the record',
    "Wait for the record's time to live",
    'Take the name from the old instance',
    'Give the name to the replacement',
    'Walk the journal backwards',
    ...changeKindNames
      .filter((kind) => whyItStays(kind) === undefined && kind !== 'schema')
      .map((kind) => `Undo ${kind}`),
    'Walk the journal backwards (second)',
    ...['schema', 'database-fence', 'auto-scaling-processes', 'maintenance-page', 'services'].map(
      (kind) => `Take back ${kind}`,
    ),
    'Wait for resolvers',
    'Start the services',
    'Note that the services run again',
    'Ask each host whether it is healthy',
    'Take the maintenance page down',
    'All targets healthy',
    'Healthy from outside',
  ),
  ...phase(
    'settle',
    'Resume Auto Scaling',
    'Let the alarms follow',
    'Take the first backup',
    'Keep the replaced instance',
  ),
};
