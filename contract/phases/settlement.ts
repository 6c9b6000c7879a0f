import { phase, type StepPhases } from './phase';

export const settlementPhases: StepPhases = {
  ...phase(
    'settle',
    'Claim the settling',
    'Nothing of the run goes on',
    'Read the journal backwards',
    'Take back what must not stay',
    'Take it back',
    'Are all targets healthy again?',
    'Take back auto-scaling-processes',
    'Take back standby',
    'Take back maintenance-page',
    'Take back services',
    'Take back database-fence',
    'Take back network-fence',
    'Take back dns-record',
    'Take back instance-rename',
    'Record that it stays',
    'Is the application healthy from outside?',
    'Write the report',
    'Tell the people',
    'Give the lease back',
  ),
};
