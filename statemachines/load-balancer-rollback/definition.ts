import { Duration } from 'aws-cdk-lib';
import { Succeed, Wait, WaitTime } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, variable } from '../../contract/expressions';
import { trafficTasks } from '../../contract/tasks';
import { awaitHealth } from '../fragments/application';
import { checkTheRight } from '../fragments/begin';
import { moments } from '../fragments/change';
import { failurePath } from '../fragments/failure';
import { carryOut, intend, resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import * as is from '../fragments/values';
import type { MachineDefinition } from '../machine';

const from = variable<string>('from');
const to = variable<string>('to');
const healthCheckPath = variable<string>('healthCheckPath');
const drainSeconds = variable<number>('drainSeconds');

/** The targets' first checks and some steps between them: about 13 minutes. */
const shifting = { firstSeconds: 5, longestSeconds: 20, rounds: 40 };

/**
 * Load balancer rollback (procedures, Infrastructure Rollback): the earlier target group is proved healthy while it gets
 * nothing, then the rules that exist are shifted to it in steps; the last requests end; its health check gets the described
 * path; DNS comes last. Nothing is created, and both groups keep their targets until the record's time to live has passed.
 */
export function loadBalancerRollback(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Rollback failed');
  const steps = new Steps(scope, functions, failed);
  const { run, request, description } = is;
  const { loadBalancer, publicRecord } = description;

  const shift = intend('traffic-shift', {
    step: 'Shift the traffic',
    key: 'shift-traffic',
    target: { listenerArn: loadBalancer.listenerArn, from, to, percents: loadBalancer.shiftPercents },
  });
  const path = intend('health-check-path', {
    step: 'Ask for health by the described path',
    key: 'health-check-path',
    target: { targetGroupArn: to, path: loadBalancer.healthCheckPath },
    when: expression<boolean>('$healthCheckPath != $description.loadBalancer.healthCheckPath'),
  });
  const record = intend('dns-record', {
    step: 'Point the public record at the load balancer',
    key: 'public-record',
    target: {
      hostedZoneId: publicRecord.hostedZoneId,
      name: publicRecord.name,
      value: publicRecord.value,
      ttlSeconds: publicRecord.ttlSeconds,
    },
  });

  return {
    comment:
      'Shifts traffic back to an earlier target group. Started by the front door only: start `recovery` with {"plan": "load-balancer-rollback"}',
    timeout: Duration.hours(3),
    start: steps.sequence(
      resolveThenWork(steps, {
        resolve: steps.sequence(
          checkTheRight(steps),
          steps.task(
            'Choose the target group',
            trafficTasks['target-group-choose'],
            { run, request, loadBalancer },
            (chosen) => [
              assign(from, chosen.from),
              assign(to, chosen.to),
              assign(healthCheckPath, chosen.healthCheckPath),
              assign(drainSeconds, chosen.drainSeconds),
            ],
          ),
        ),
        intends: [shift, path, record],
        predicts: {
          durationSeconds: 600,
          downtimeSeconds: 0,
          lossSeconds: 0,
          because: 'the targets get healthy before they get requests; then some steps, the drain and the time to live',
        },
        work: steps.sequence(
          carryOut(steps, shift, shifting),
          Wait.jsonata(scope, 'Let the last requests end', { time: WaitTime.seconds(drainSeconds.toString()) }),
          steps.either(
            'Is it asked by another path?',
            expression<boolean>('$healthCheckPath != $description.loadBalancer.healthCheckPath'),
            carryOut(steps, path, moments),
          ),
          awaitHealth(steps, 'all'),
          carryOut(steps, record, moments),
          Wait.jsonata(scope, "Wait for the record's time to live", {
            time: WaitTime.seconds(publicRecord.ttlSeconds.toString()),
          }),
        ),
      }),
      Succeed.jsonata(scope, 'Rolled back', { outputs: { from: from.toString(), to: to.toString() } }),
    ),
  };
}
