import { phase, type StepPhases } from './phase';

export const validationPhases: StepPhases = {
  ...phase(
    'validate',
    'Open the validation',
    'Look at each host',
    'Look at each host, whatever comes of it',
    'Measure the application on each host',
    'Measure the application on each host, whatever comes of it',
    'Measure the data',
    'Measure the data, whatever comes of it',
    'Run the tests of the release',
    'Run the tests of the release, whatever comes of it',
    'Ask the load balancer',
    'Ask from outside',
    'Judge and record',
  ),
};
