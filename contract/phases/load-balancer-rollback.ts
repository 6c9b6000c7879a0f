import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const loadBalancerRollbackPhases: StepPhases = {
  ...phase('decide', 'Check the right to run', 'Choose the target group'),
  ...rehearsing('traffic-shift', 'health-check-path', 'dns-record'),
  ...phase(
    'cut over',
    'Shift the traffic',
    'Let the last requests end',
    'Ask for health by the described path',
    'All targets healthy',
    'Healthy from outside',
    'Point the public record at the load balancer',
    "Wait for the record's time to live",
  ),
};
