import { phase, type StepPhases } from './phase';
import { rehearsing } from './rehearsal';

export const infrastructureRecoveryPhases: StepPhases = {
  ...phase('decide', 'Check the right to run', 'Compare the stack with its template', 'Find what is missing'),
  ...rehearsing(
    'change-set',
    'stack-update',
    'infrastructure-build',
    'target-group',
    'target-registration',
    'listener-rule',
    'dns-record',
  ),
  ...phase(
    'restore',
    'Have Terraform apply what is stored',
    'Ask CloudFormation what it would do',
    'Provision from the stored template',
    'Wait for the hosts',
  ),
  ...phase(
    'cut over',
    'See what there is of the way to them',
    'Make the target group',
    'Register the hosts',
    'Forward to the target group',
    'All targets healthy',
    'Healthy from outside',
    'Point the public record at the load balancer',
    'Wait for the public record',
  ),
};
