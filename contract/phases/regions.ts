import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

const looking = ['Check the right to run', 'Find the hosts', 'Look at the hosts', 'Look at both regions'];
const proving = [
  'Open the copy to its logins',
  "Give the logins today's passwords",
  'Log in from a host by the name that the application uses',
  'Measure the copy',
  'Hold the copy against the baseline',
];
const leading = [
  'Start the services',
  'Ask each host whether it is healthy',
  'All targets healthy',
  'Lead users to this region',
  'Wait until resolvers have forgotten the other region',
  'Healthy from outside',
];

export const crossRegionRecoveryPhases: StepPhases = {
  ...phase('decide', ...looking, 'Measure the replication', 'Choose what to serve from'),
  ...rehearsing(
    'auto-scaling-processes',
    'database-fence',
    'database-replacement',
    'database-settings',
    'first-backup',
    'instance-rename',
    'kept-instance',
    'master-login',
    'network-fence',
    'region-traffic',
    'replica-promotion',
  ),
  ...phase(
    'restore',
    'Suspend Auto Scaling',
    'Ask who may connect',
    'Fence the primary',
    "Fence the primary's network",
    'Where the primary ended',
    'Let the replica catch up',
    'Measure the lag',
    'Record the lag',
    'Promote the replica',
    'Restore in this region',
    'Carry over what a restore cannot take',
    'Compare every setting',
  ),
  ...phase('validate', "Give the copy today's master login", ...proving),
  ...phase('cut over', 'Take the name from the replica', 'Give the name to what was restored', ...leading),
  ...phase('settle', 'Resume Auto Scaling', 'Keep the replica that could not be used', 'Take the first backup'),
};

export const failBackPhases: StepPhases = {
  ...phase('decide', ...looking, 'Choose what to serve from'),
  ...rehearsing(
    'auto-scaling-processes',
    'database-alarms',
    'database-fence',
    'database-settings',
    'dns-record',
    'first-backup',
    'instance-rename',
    'kept-instance',
    'network-fence',
    'region-replica',
    'region-traffic',
    'replica-promotion',
  ),
  ...phase(
    'restore',
    'Make a replica of the present primary',
    'Carry over what a restore cannot take',
    'Compare every setting',
    'Where the primary is',
    'Measure the replication',
    'Suspend Auto Scaling',
    'Ask who may connect',
    'Fence the primary',
    'Where the primary ended',
    'Let the replica catch up',
    'Record the lag',
    'Promote the new replica',
  ),
  ...phase('validate', ...proving),
  ...phase(
    'cut over',
    'Move the record',
    "Wait for the record's time to live",
    'Take the name from the old instance',
    'Give the name to the replacement',
    ...leading,
  ),
  ...phase(
    'settle',
    'Resume Auto Scaling',
    'Fence the old primary',
    'Keep the replaced instance',
    'Let the alarms follow',
    'Take the first backup',
  ),
};
