import { Duration } from 'aws-cdk-lib';
import { Fail, Parallel, Pass, Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Description } from '../contract/description';
import type { DocumentName } from '../contract/documents';
import { expression, path, variable, type Input, type Path } from '../contract/expressions';
import type { RunRef } from '../contract/run';
import { applicationTasks, validationTasks } from '../contract/tasks';
import type { Found } from '../contract/tasks/validation';
import { whereUsersAreLed } from './fragments/application';
import { runDocument, type HostResult } from './fragments/document';
import { failurePath } from './fragments/failure';
import { assign, assigned, rendered, Steps, type Failed, type Functions } from './fragments/steps';
import type { MachineDefinition } from './machine';

const run = variable<RunRef | null>('run');
const description = variable<Description>('description');
const hosts = variable<string[]>('hosts');
const leftOut = variable<string[]>('leftOut');
const unheard = variable<{ host: string; why: string }[]>('unheard');
const keyPrefix = variable<string>('keyPrefix');
const parameters = variable<Record<'inspect' | 'measure' | 'probe' | 'test', Record<string, string>>>('parameters');
const inspected = variable<Found>('inspected');
const measured = variable<Found>('measured');
const probed = variable<Found>('probed');
const tested = variable<Found>('tested');
const targets = variable<{ healthy: number; registered: number }>('targets');
const outside = variable<{ healthy: boolean; status: number | null; detail: string }>('outside');
const judged = variable<{ passed: boolean; words: string }>('judged');
const checks = variable<unknown>('checks');
const failure = variable<Failed>('failure');

/**
 * Validation (procedures, Recovery Validation): health on each host and from outside, metrics against the service levels,
 * the data by its rules, schema and release, the release's own tests and data-consistency script. Every run ends with it,
 * and it can be started alone. What cannot be asked keeps nothing else from being asked, and is never taken for passed.
 */
export function validation(scope: Construct, functions: Functions): MachineDefinition {
  const steps = new Steps(scope, functions, failurePath(scope, 'Validation broke off'));

  const first = expression<string[]>('[$hosts[0]]');
  const askTheHosts = steps.sequence(
    whateverComesOfIt(steps, 'Look at each host', {
      document: 'inspect-host',
      key: 'look',
      at: hosts,
      given: parameters.inspect,
      seconds: 60,
      to: inspected,
    }),
    whateverComesOfIt(steps, 'Measure the application on each host', {
      document: 'measure-application',
      key: 'measure',
      at: hosts,
      given: parameters.measure,
      seconds: 120,
      to: measured,
    }),
    whateverComesOfIt(steps, 'Measure the data', {
      document: 'probe-integrity',
      key: 'probe',
      at: first,
      given: parameters.probe,
      seconds: 600,
      to: probed,
    }),
    whateverComesOfIt(steps, 'Run the tests of the release', {
      document: 'test-application',
      key: 'test',
      at: first,
      given: parameters.test,
      seconds: 300,
      to: tested,
    }),
  );

  return {
    comment:
      'Says whether the application is whole, and changes nothing. Input: {}; {"tests": "test:critical"} runs its tests, which write rows',
    timeout: Duration.minutes(45),
    start: steps.sequence(
      steps.task(
        'Open the validation',
        validationTasks['validation-open'],
        {
          executionName: expression<string>('$states.context.Execution.Name'),
          input: expression('$states.context.Execution.Input'),
        },
        (opened) => [
          assign(run, opened.run),
          assign(description, expression<Description>(opened.description.body)),
          assign(hosts, expression<string[]>(`[${opened.hosts.body}]`)),
          assign(unheard, expression<{ host: string; why: string }[]>(`[${opened.unheard.body}]`)),
          assign(leftOut, expression<string[]>(`[${opened.leftOut.body}]`)),
          assign(keyPrefix, opened.keyPrefix),
          { name: parameters.body.slice(1), value: opened.parameters },
          ...[inspected, measured, probed, tested].map((found) => assign(found, nobody)),
          assign(targets, { healthy: 0, registered: 0 }),
          assign(outside, { healthy: false, status: null, detail: 'not asked' }),
        ],
      ),
      steps.either('Is there a host to ask?', expression<boolean>('$count($hosts) > 0'), askTheHosts),
      lookFromOutside(steps),
      steps.task(
        'Judge and record',
        validationTasks['validation-judge'],
        {
          run,
          description,
          hosts,
          unheard,
          tests: expression<string>('$parameters.test.Tests'),
          inspected,
          measured,
          probed,
          tested,
          targets,
          outside,
        },
        (result) => [
          assign(judged, expression<{ passed: boolean; words: string }>(result.body)),
          assign(checks, expression(`[${result.checks.body}]`)),
        ],
      ),
      steps.either(
        'Is the application whole?',
        judged.passed,
        Succeed.jsonata(scope, 'Whole', { outputs: { checks: checks.toString() } }),
        Fail.jsonata(scope, 'Not whole', { error: 'ValidationFailedError', cause: judged.words.toString() }),
      ),
    ),
  };
}

const nobody: Input<Found> = {
  results: null,
  failure: { Error: 'HostOfflineError', Cause: 'no host with the tag of the application is Online' },
};

/** Runs a document and keeps what it answered, or why it did not. */
function whateverComesOfIt(
  steps: Steps,
  name: string,
  what: {
    readonly document: DocumentName;
    readonly key: string;
    readonly at: Input<string[]>;
    readonly given: Path<Record<string, string>>;
    readonly seconds: number;
    readonly to: Path<Found>;
  },
): IChainable {
  const inside = steps.inside();
  const answers = variable<HostResult<DocumentName>[]>(`${what.key}Answers`);
  const ask = Parallel.jsonata(steps.scope, `${name}, whatever comes of it`, {
    assign: assigned([assign(what.to, path<Found>('$states.result[0]'))]),
    outputs: {},
  });
  ask.branch(
    inside.sequence(
      runDocument(inside, name, {
        document: what.document,
        run: expression<RunRef>('$run'),
        key: expression<string>(`$keyPrefix & '-${what.key}'`),
        hosts: what.at,
        parameters: what.given,
        executionTimeoutSeconds: what.seconds,
        keep: (results) => [assign(answers, expression<HostResult<DocumentName>[]>(results.body))],
      }),
      Pass.jsonata(steps.scope, `${name}: answered`, {
        outputs: rendered({ results: answers, failure: null }),
      }),
    ),
  );
  const unanswered = steps.remember(`${name}: no answer`, [assign(what.to, { results: null, failure })]);
  steps.failingTo(unanswered).caught(ask);
  return { id: ask.id, startState: ask, endStates: [ask, unanswered] };
}

/** The load balancer's and the users' point of view; the last answer is evidence. */
function lookFromOutside(steps: Steps): IChainable {
  const [loadBalancer, users] = ['Ask the load balancer', 'Ask from outside'];
  return steps.sequence(
    steps.fromNow(loadBalancer),
    steps.ask(
      loadBalancer,
      applicationTasks['targets-await'],
      { targetGroupArn: description.loadBalancer.targetGroupArn, instead: whereUsersAreLed, except: leftOut },
      // A target counts as healthy after five checks of 30 s (ELB, default settings): three minutes.
      { firstSeconds: 5, longestSeconds: 30, rounds: 9 },
      (answer) => answer.done,
      (answer) => [
        assign(
          targets,
          expression<{ healthy: number; registered: number }>(
            `{'healthy': ${answer.healthy.body}, 'registered': ${answer.registered.body}}`,
          ),
        ),
      ],
    ),
    steps.fromNow(users),
    steps.ask(
      users,
      applicationTasks['outside-check'],
      { publicUrl: description.publicUrl },
      { firstSeconds: 2, longestSeconds: 15, rounds: 5 },
      (answer) => answer.healthy,
      (answer) => [
        assign(outside, expression<{ healthy: boolean; status: number | null; detail: string }>(answer.body)),
      ],
    ),
  );
}
