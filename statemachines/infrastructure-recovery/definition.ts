import { Duration } from 'aws-cdk-lib';
import { Fail, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression } from '../../contract/expressions';
import { awaitHealth } from '../fragments/application';
import { checkTheRight } from '../fragments/begin';
import { failurePath } from '../fragments/failure';
import {
  detectInfrastructure,
  missing,
  pointingThePublicRecord,
  pointThePublicRecord,
  provisioning,
  provisionInfrastructure,
  registering,
  registerTargets,
} from '../fragments/infrastructure';
import { resolveThenWork } from '../fragments/intention';
import { Steps, type Functions } from '../fragments/steps';
import type { MachineDefinition } from '../machine';

/**
 * Infrastructure recovery (procedures, System Recovery): what still exists is left alone. Hosts that are missing are
 * provisioned from the stored template, by a change set that is judged before it is executed, or by Terraform; target group
 * and rule are found or made; the hosts are registered and become healthy; DNS comes last.
 */
export function infrastructureRecovery(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Recovery failed');
  const steps = new Steps(scope, functions, failed);

  return {
    comment:
      'Provisions what is missing of the infrastructure from what is stored. Started by the front door only: start `recovery` with {"plan": "infrastructure-recovery"}',
    timeout: Duration.hours(12),
    start: steps.sequence(
      resolveThenWork(steps, {
        resolve: steps.sequence(
          checkTheRight(steps),
          detectInfrastructure(steps),
          steps.either(
            'Is anything missing?',
            expression<boolean>('$count($missing) = 0'),
            Fail.jsonata(scope, 'Nothing is missing', {
              error: 'InfrastructureIntactError',
              cause:
                'nothing is missing: every host is in service and a target, and the rule and the public record lead there. Nothing was changed',
            }),
          ),
        ),
        intends: [...provisioning, ...registering, pointingThePublicRecord],
        predicts: {
          durationSeconds: expression<number>("$provision = 'none' ? 120 : 900"),
          downtimeSeconds: 0,
          lossSeconds: 0,
          because:
            'a stack or a build and new hosts take about a quarter of an hour, targets get healthy within two minutes; what serves meanwhile goes on serving',
        },
        work: steps.sequence(
          provisionInfrastructure(steps),
          registerTargets(steps),
          awaitHealth(steps, 'all'),
          pointThePublicRecord(steps),
        ),
      }),
      Succeed.jsonata(scope, 'Recovered', { outputs: { was: missing.toString() } }),
    ),
  };
}
