import { Duration } from 'aws-cdk-lib';
import { Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, path, variable } from '../contract/expressions';
import { integrityTasks } from '../contract/tasks';
import { failurePath } from './fragments/failure';
import { runDocument } from './fragments/document';
import { assign, Steps, type Functions } from './fragments/steps';
import type { MachineDefinition } from './machine';
import type { IntegrityMeasure } from '../contract/documents';

/**
 * The integrity probe: measures the tables through a host, judges the figures against the last pass and keeps them. Its
 * last pass is the last known good moment. A failed check is a result, not a failure of the machine.
 */
export function integrityProbe(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Probe failed');
  const steps = new Steps(scope, functions, failed);
  const wanted = variable<boolean>('wanted');
  const host = variable<string>('host');
  const parameters = variable<Record<string, string>>('parameters');
  const measure = variable<IntegrityMeasure>('measure');

  const measureAndKeep = steps.sequence(
    runDocument(steps, 'Measure the tables', {
      document: 'probe-integrity',
      run: null,
      key: expression<string>('$states.context.Execution.Name'),
      hosts: [host],
      parameters,
      executionTimeoutSeconds: 300,
      keep: (_results, only) => [assign(measure, only)],
    }),
    steps.task('Judge and keep the figures', integrityTasks['probe-record'], { measure }),
    Succeed.jsonata(scope, 'Probed'),
  );

  return {
    comment: 'Measures the database and remembers the last good moment. Input: {}',
    timeout: Duration.minutes(15),
    start: steps.sequence(
      steps.task('Open the probe', integrityTasks['probe-open'], {}, () => {
        const payload = '$states.result.Payload';
        return [
          assign(wanted, path<boolean>(`${payload}.probe`)),
          assign(host, expression<string>(`${payload}.probe ? ${payload}.host : ''`)),
          assign(parameters, expression<Record<string, string>>(`${payload}.probe ? ${payload}.parameters : {}`)),
        ];
      }),
      steps.either(
        'Is there anything to probe?',
        wanted,
        measureAndKeep,
        Succeed.jsonata(scope, 'A run is on, nothing probed'),
      ),
    ),
  };
}
