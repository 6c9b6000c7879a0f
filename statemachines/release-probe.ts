import { Duration } from 'aws-cdk-lib';
import { Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, path, variable } from '../contract/expressions';
import { infrastructureTasks, releaseTasks } from '../contract/tasks';
import { failurePath } from './fragments/failure';
import { runDocument, type HostResult } from './fragments/document';
import { assign, Steps, type Functions } from './fragments/steps';
import type { MachineDefinition } from './machine';

/**
 * The release probe: looks which release each host serves, and how well, and keeps it. That is how a release is known
 * healthy when one is needed. It keeps the settings of the target group as well, from which that is made again.
 */
export function releaseProbe(scope: Construct, functions: Functions): MachineDefinition {
  const steps = new Steps(scope, functions, failurePath(scope, 'Release probe failed'));
  const wanted = variable<boolean>('wanted');
  const hosts = variable<string[]>('hosts');
  const parameters = variable<Record<string, string>>('parameters');
  const inspected = variable<HostResult<'inspect-release'>[]>('inspected');
  const payload = '$states.result.Payload';

  return {
    comment: 'Looks which release each host serves, and how well. Input: {}',
    timeout: Duration.minutes(10),
    start: steps.sequence(
      steps.task('Open the release probe', releaseTasks['releases-open'], {}, () => [
        assign(wanted, path<boolean>(`${payload}.probe`)),
        assign(hosts, expression<string[]>(`${payload}.probe ? [${payload}.hosts] : []`)),
        assign(parameters, expression<Record<string, string>>(`${payload}.probe ? ${payload}.parameters : {}`)),
      ]),
      steps.either(
        'Is there anything to look at?',
        wanted,
        steps.sequence(
          runDocument(steps, 'Look at the releases', {
            document: 'inspect-release',
            run: null,
            key: expression<string>('$states.context.Execution.Name'),
            hosts,
            parameters,
            executionTimeoutSeconds: 60,
            keep: (results) => [assign(inspected, results)],
          }),
          steps.task('Judge and keep what was seen', releaseTasks['releases-record'], { inspected }),
          // What could be gone next, while nothing is wrong with it.
          steps.task('Keep the settings of the target group', infrastructureTasks['settings-record'], {}),
          Succeed.jsonata(scope, 'Looked'),
        ),
        Succeed.jsonata(scope, 'A run is on, or no host answers'),
      ),
    ),
  };
}
