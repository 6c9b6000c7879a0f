import { databaseRecoveryPhases } from './database-recovery';
import { selfHostedRecoveryPhases } from './database-self-hosted';
import { phase, type StepPhases } from './phase';

/** Of a rollback alone: what is kept and counted before the restore begins, and shown before the cut-over. */
const leftBehind: StepPhases = {
  ...phase('restore', 'Measure the present state'),
  ...phase('validate', 'Count what is left behind'),
};
const without = (phases: StepPhases, ...steps: readonly string[]): StepPhases =>
  Object.fromEntries(Object.entries(phases).filter(([step]) => !steps.includes(step)));

/** Everything is closed before the restore begins, and one step after the other. */
export const databaseRollbackPhases: StepPhases = {
  ...without(
    databaseRecoveryPhases,
    'Restore, and meanwhile close the old database',
    "Fence the old instance's network",
    'Rehearse network-fence',
  ),
  ...phase('restore', 'Take the safety snapshot'),
  ...leftBehind,
};

export const selfHostedRollbackPhases: StepPhases = {
  // It is fenced before there is a copy, and that is opened once.
  ...without(selfHostedRecoveryPhases, 'Open the copy to whoever could connect'),
  ...phase(
    'restore',
    'Suspend Auto Scaling',
    'Put the maintenance page up',
    'Stop the services',
    'Ask who may connect',
    'Fence the old database',
    'Back the present state up',
  ),
  ...phase('decide', 'Rehearse safety-dump'),
  ...leftBehind,
};
