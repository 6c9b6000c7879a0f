import { Duration } from 'aws-cdk-lib';
import {
  Choice,
  Condition,
  Fail,
  IntegrationPattern,
  Pass,
  Succeed,
  TaskInput,
  Timeout,
  type IChainable,
  type IStateMachine,
} from 'aws-cdk-lib/aws-stepfunctions';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { Description } from '../contract/description';
import { ApprovalDeniedError, errorNames, UNDO_INCOMPLETE } from '../contract/errors';
import { expression, variable } from '../contract/expressions';
import { planNames, planOf, selfHostedMachine, type PlanMachine } from '../contract/plans';
import type { RecoveryRequest, RunRef } from '../contract/run';
import { runTasks } from '../contract/tasks';
import { nestedStart } from './fragments/retries';
import { assign, assigned, Steps, type Failed, type Functions } from './fragments/steps';
import type { MachineDefinition } from './machine';

export interface RecoveryProps {
  readonly functions: Functions;
  readonly plans: (name: PlanMachine) => IStateMachine;
  readonly validation: IStateMachine;
  readonly settlement: IStateMachine;
}

type OpenedRun = Omit<RunRef, 'fencingToken'>;
const opened = variable<OpenedRun>('opened');
const run = variable<RunRef>('run');
const request = variable<RecoveryRequest>('request');
const description = variable<Description>('description');
const failure = variable<Failed>('failure');
const settledAs = variable<string>('settledAs');

/** A plan's own time-out comes first (16 hours: two waits of `hours` and the modifications between them), with its error. */
const LONGEST_PLAN = Duration.hours(17);

/**
 * The front door: validates the input, takes the lease, announces, runs the plan and settles. Whatever happens on the
 * way, settling comes; what ends this machine from outside (an abort, a time-out) is settled by the rule on its end.
 */
export function recovery(scope: Construct, props: RecoveryProps): MachineDefinition {
  const settle = settling(scope, props.settlement);
  const steps = new Steps(scope, props.functions, settle);

  return {
    // The console shows it beside the field for the input.
    comment: `Recovers or rolls back. The smallest useful input of each plan: ${planNames.map((plan) => JSON.stringify(planOf(plan).smallest)).join(' or ')}; with "mode": "rehearse" nothing is changed`,
    timeout: Duration.hours(30),
    start: steps.sequence(
      steps.remember('Begin', [assign(failure, { Error: '', Cause: '' })]),
      steps.task(
        'Open the run',
        runTasks['run-open'],
        {
          executionArn: expression<string>('$states.context.Execution.Id'),
          executionName: expression<string>('$states.context.Execution.Name'),
          startedAt: expression<string>('$states.context.Execution.StartTime'),
          input: expression('$states.context.Execution.Input'),
        },
        (result) => [
          assign(opened, result.run),
          assign(request, result.request),
          assign(description, result.description),
        ],
      ),
      steps.either(
        'Does it change anything?',
        expression<boolean>("$opened.mode = 'rehearse'"),
        // It keeps nobody out: it reads, and a run that is on meanwhile must not wait for it. Nobody has to be told to
        // leave their hands off either.
        steps.remember('A rehearsal takes no lease', [
          assign(run, expression<RunRef>("$merge([$opened, {'fencingToken': 0}])")),
        ]),
        steps.sequence(
          steps.task('Take the lease', runTasks['lease-take'], { run: opened }, (lease) => [
            assign(run, expression<RunRef>(lease.body)),
          ]),
          steps.task('Announce the run', runTasks['run-announce'], { run, request, title: description.title }),
        ),
      ),
      runThePlan(scope, props.plans, settle),
      validate(steps, props.validation, settle),
      settle,
    ),
  };
}

/** One nested execution, named by the run so that a repeated start finds it. */
function runThePlan(scope: Construct, plans: RecoveryProps['plans'], settle: IChainable): IChainable {
  const which = Choice.jsonata(scope, 'Which plan?');
  const machineOf = (plan: PlanMachine, when: string) => {
    const start = StepFunctionsStartExecution.jsonata(scope, `Run ${plan}`, {
      stateMachine: plans(plan),
      integrationPattern: IntegrationPattern.RUN_JOB,
      name: run.id.toString(),
      input: TaskInput.fromObject({
        run: run.toString(),
        request: request.toString(),
        description: description.toString(),
      }),
      associateWithParent: false,
      taskTimeout: Timeout.duration(LONGEST_PLAN),
      outputs: {},
    });
    start.addRetry(nestedStart);
    start.addCatch(settle, { errors: ['States.ALL'], outputs: {}, assign: assigned([assign(failure, nestedFailure)]) });
    which.when(Condition.jsonata(`{% ${when} %}`), start);
    return start;
  };
  const ends = planNames.flatMap((plan) => {
    const asked = `$request.plan = '${plan}'`;
    const other = selfHostedMachine(plan);
    // The first condition that holds is taken.
    return other === undefined
      ? [machineOf(plan, asked)]
      : [machineOf(other, `${asked} and $description.database.engine = 'self-hosted'`), machineOf(plan, asked)];
  });
  const unknown = Pass.jsonata(scope, 'No machine for this plan', {
    outputs: {},
    assign: assigned([
      assign(failure, { Error: 'InvalidInputError', Cause: 'the plan has no state machine in this deployment' }),
    ]),
  });
  which.otherwise(unknown.next(settle));
  return { id: which.id, startState: which, endStates: ends };
}

/** Whatever the plan says of its work, the application is asked. A rehearsal has changed nothing, and tests write rows. */
function validate(steps: Steps, validation: IStateMachine, settle: IChainable): IChainable {
  const start = StepFunctionsStartExecution.jsonata(steps.scope, 'Validate', {
    stateMachine: validation,
    integrationPattern: IntegrationPattern.RUN_JOB,
    name: run.id.toString(),
    input: TaskInput.fromObject({ run: run.toString(), description: description.toString() }),
    associateWithParent: false,
    taskTimeout: Timeout.duration(Duration.minutes(50)),
    outputs: {},
  });
  start.addRetry(nestedStart);
  start.addCatch(settle, { errors: ['States.ALL'], outputs: {}, assign: assigned([assign(failure, nestedFailure)]) });
  return steps.either('Is it a live run?', expression<boolean>("$run.mode = 'live'"), start);
}

function settling(scope: Construct, settlement: IStateMachine): IChainable {
  const denied = new ApprovalDeniedError().name;
  const rejections = JSON.stringify(errorNames('rejection'));
  const settle = StepFunctionsStartExecution.jsonata(scope, 'Settle', {
    stateMachine: settlement,
    integrationPattern: IntegrationPattern.RUN_JOB,
    name: '{% $states.context.Execution.Name %}',
    input: TaskInput.fromObject({
      runId: '{% $states.context.Execution.Name %}',
      outcome: `{% $failure.Error = '' ? {'status': 'succeeded'} : {'status': $failure.Error = '${denied}' ? 'denied' : $failure.Error in ${rejections} ? 'rejected' : 'failed', 'error': $failure.Error, 'cause': $failure.Cause} %}`,
    }),
    associateWithParent: false,
    taskTimeout: Timeout.duration(Duration.hours(11)),
    outputs: {},
    // Another one that settled the run says nothing of how; the run's own report does.
    assign: assigned([
      assign(
        settledAs,
        expression<string>("$exists($states.result.Output.status) ? $states.result.Output.status : 'elsewhere'"),
      ),
    ]),
  });
  settle.addRetry(nestedStart);
  const unsettled = Fail.jsonata(scope, 'Not settled', {
    error: '{% $states.input.Error %}',
    cause: `{% ($states.input.Error = '${UNDO_INCOMPLETE}' ? 'the run is settled, but ' : 'settling did not end well; the sweep takes over. ') & $states.input.Cause %}`,
  });
  settle.addCatch(unsettled, { errors: ['States.ALL'], outputs: nestedFailure.toString() });
  const how = Choice.jsonata(scope, 'How did it end?');
  how.when(
    Condition.jsonata("{% $failure.Error = '' and $settledAs != 'failed' %}"),
    Succeed.jsonata(scope, 'Recovered and settled'),
  );
  const notRecovered = Fail.jsonata(scope, 'Not recovered, but settled', {
    error: failure.Error.toString(),
    cause: failure.Cause.toString(),
  });
  const unhealthy = Pass.jsonata(scope, 'The plan ended well, but settling found the application unhealthy', {
    outputs: {},
    assign: assigned([
      assign(failure, {
        Error: 'ApplicationUnhealthyError',
        Cause: 'the plan did its work, but the application does not answer from outside; the report says how',
      }),
    ]),
  });
  how.when(Condition.jsonata("{% $failure.Error = '' %}"), unhealthy.next(notRecovered));
  how.otherwise(notRecovered);
  settle.next(how);
  return { id: settle.id, startState: settle, endStates: [] };
}

/**
 * `.sync:2` reports a failed child as States.TaskFailed with the child's description as JSON: the child's own error is in there.
 * A cause has at most 32,768 characters (API reference, SendTaskFailure), and a description holds an input: of one that was
 * cut only the error's name is read. JSONata cannot catch, and a Catch that fails settles nothing.
 */
export const nestedFailure = expression<Failed>(
  "($cause := $exists($states.errorOutput.Cause) ? $string($states.errorOutput.Cause) : 'no cause given';" +
    " $child := $states.errorOutput.Error != 'States.TaskFailed' ? {}" +
    " : $substring($cause, 0, 1) = '{' and $substring($cause, -1) = '}' ? $parse($cause)" +
    ` : {'Error': $match($cause, /"Error":"([A-Za-z0-9_.]+)"/)[0].groups[0]};` +
    " {'Error': $exists($child.Error) ? $child.Error : $states.errorOutput.Error," +
    " 'Cause': $exists($child.Cause) ? $child.Cause : $cause})",
);
