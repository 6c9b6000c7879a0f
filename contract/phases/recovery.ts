import { planMachineNames } from '../plans';
import { phase, type StepPhases } from './phase';

export const recoveryPhases: StepPhases = {
  ...phase('decide', 'Open the run', 'Take the lease', 'Announce the run'),
  ...phase('restore', ...planMachineNames.map((plan) => `Run ${plan}`)),
  ...phase('validate', 'Validate'),
  ...phase('settle', 'Settle'),
};
