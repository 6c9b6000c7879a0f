import { Fail, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Description } from '../../contract/description';
import { expression, path, type Input } from '../../contract/expressions';
import type { RecoveryRequest, RunRef } from '../../contract/run';
import { hostTasks, runTasks } from '../../contract/tasks';
import { runDocument } from './document';
import { assign, type Steps } from './steps';
import * as is from './values';

/** What the front door gives to a plan. */
const given = path<{ run: RunRef; request: RecoveryRequest; description: Description }>(
  '$states.context.Execution.Input',
);

/** Every plan's first step: whoever started it has the lease. Keeps run, request and description. */
export function checkTheRight(steps: Steps): IChainable {
  return steps.task(
    'Check the right to run',
    runTasks['run-verify'],
    // By the execution's input and not the state's: a run that was approved comes by here again.
    { run: given.run, executionArn: expression<string>('$states.context.Execution.Id') },
    () => [assign(is.run, given.run), assign(is.request, given.request), assign(is.description, given.description)],
  );
}

/** The hosts by their tag, online (fragments/values, leftOut) and fit: their units, and no tool missing. Changes nothing. */
export function findTheHosts(steps: Steps): IChainable {
  const { run, description } = is;
  return steps.sequence(
    steps.task('Find the hosts', hostTasks['hosts-find'], { run, hosts: description.hosts }, (found) => [
      assign(is.hosts, found.hosts),
      assign(is.leftOut, expression<string[]>(`[${found.leftOut.body}]`)),
    ]),
    runDocument(steps, 'Look at the hosts', {
      document: 'inspect-host',
      run,
      key: 'inspect-hosts',
      hosts: is.hosts,
      parameters: { Services: is.servicesInOrder, Folder: description.hosts.folder },
      executionTimeoutSeconds: 60,
      keep: (results) => [
        assign(is.activeUnits, activeUnitsOf(results.body)),
        assign(is.missingTools, expression<string[]>(`[$distinct(${results.body}.result.missingTools)]`)),
      ],
    }),
    steps.either(
      'Do the hosts have what the documents need?',
      expression<boolean>('$count($missingTools) > 0'),
      Fail.jsonata(steps.scope, 'A host lacks something', {
        error: 'HostUnfitError',
        cause: "{% 'a host lacks what the documents need: ' & $join($missingTools, ', ') & '. Nothing was changed.' %}",
      }),
    ),
  );
}

/**
 * No host is there that the run did not find (HostsChangedError): asked once Auto Scaling launches none by itself any more,
 * before anything is switched, and again before the run may succeed, for what somebody launched by hand.
 * @param mayBoot number of the template's version whose hosts may have come, since they boot what the run brings
 */
export function noHostHasCome(steps: Steps, name: string, mayBoot: Input<string> | null = null): IChainable {
  const { hosts, leftOut, description } = is;
  return steps.task(name, hostTasks['hosts-compare'], {
    group: description.autoScalingGroup,
    tag: description.hosts.tag,
    hosts,
    leftOut: expression<string[]>(`[${leftOut.body}]`),
    mayBoot,
  });
}

/** `{host: [active units]}` from what `inspect-host` answered. */
function activeUnitsOf(results: string) {
  return expression<Record<string, string[]>>(
    `$merge([$map(${results}, function($each) {{$each.host: [$filter($keys($each.result.services), function($unit) { $lookup($each.result.services, $unit) = 'active' })]}})])`,
  );
}
