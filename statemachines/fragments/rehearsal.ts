import { Aws, Duration, Stack } from 'aws-cdk-lib';
import {
  Choice,
  Condition,
  Map as MapState,
  Pass,
  ProvideItems,
  Succeed,
  Timeout,
  type IChainable,
} from 'aws-cdk-lib/aws-stepfunctions';
import { CallAwsService } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { ChangeKind, NeededRight, PlannedChange, RehearsedChange } from '../../contract/changes';
import { expression, path, variable, type Expression, type Input } from '../../contract/expressions';
import type { Prediction } from '../../contract/planned';
import type { AnsweredRight } from '../../contract/rehearsal';
import { changeTask, runTasks, type ArgumentsOf } from '../../contract/tasks';
import { awsSdk } from './retries';
import { assign, assigned, plain, rendered, type Steps } from './steps';
import * as is from './values';

const one = variable<PlannedChange>('one');
const oneRehearsed = variable<RehearsedChange>('oneRehearsed');
const rehearsed = variable<RehearsedChange[]>('rehearsed');
const right = variable<NeededRight>('right');
const rights = variable<AnsweredRight[]>('rights');
const refusal = variable<string>('refusal');

type ChangeTask = ReturnType<typeof changeTask>;

/**
 * Rehearses a plan: each planned change is asked, through its own function, for the state before and what it needs; IAM is
 * asked for each needed right of that function's role; the judgement is recorded, and the plan ends well. No state of it
 * changes anything. States: `Rehearse each change`, `Ask IAM for each right`, `Write down the rehearsal`, `Rehearsed`.
 */
export function rehearse(
  steps: Steps,
  kinds: readonly ChangeKind[],
  planned: Expression<PlannedChange[]>,
  prediction: Expression<Prediction>,
): IChainable {
  return steps.sequence(
    eachChange(steps, kinds, planned),
    eachRight(steps),
    steps.task('Write down the rehearsal', runTasks['run-rehearse'], {
      run: is.run,
      planned,
      prediction,
      rehearsed,
      rights,
    }),
    Succeed.jsonata(steps.scope, 'Rehearsed', { outputs: { rehearsed: true } }),
  );
}

function eachChange(steps: Steps, kinds: readonly ChangeKind[], planned: Expression<PlannedChange[]>): IChainable {
  const { scope } = steps;
  const inside = steps.inside();
  const end = Pass.jsonata(scope, 'It was rehearsed', { outputs: oneRehearsed.toString() });
  const [last, ...others] = [...kinds].reverse().map((kind) => {
    const task = inside.task<ChangeTask>(
      `Rehearse ${kind}`,
      changeTask(kind),
      asArguments({ verb: 'rehearse', run: is.run, planned: one }),
      (result) => [assign(oneRehearsed, path<RehearsedChange>(`${result.body}.rehearsal`))],
    );
    task.next(end);
    return { kind, task };
  });
  if (last === undefined) throw new Error('a plan that changes nothing needs no rehearsal');
  let start: IChainable = last.task;
  if (others.length > 0) {
    const which = Choice.jsonata(scope, 'What kind is it?');
    for (const { kind, task } of others) which.when(Condition.jsonata(`{% $one.kind = '${kind}' %}`), task);
    start = which.otherwise(last.task);
  }
  const take = inside.remember('This planned change', [assign(one, path<PlannedChange>('$states.input'))]);
  take.next(start);
  const map = MapState.jsonata(scope, 'Rehearse each change', {
    maxConcurrency: 4,
    items: ProvideItems.jsonata(planned.toString()),
    assign: assigned([assign(rehearsed, expression<RehearsedChange[]>('[$states.result]'))]),
    outputs: {},
  });
  map.itemProcessor(take);
  return steps.caught(map);
}

/**
 * IAM by the service's own integration: no function need hold the right to ask about others. Where it cannot be asked, every
 * right is told as unknown, and the rehearsal goes on.
 */
function eachRight(steps: Steps): IChainable {
  const { scope } = steps;
  const inside = steps.inside();
  const ask = CallAwsService.jsonata(scope, 'Ask IAM', {
    comment: "What the role's policies say of these actions; nothing is done",
    service: 'iam',
    action: 'simulatePrincipalPolicy',
    parameters: plain(
      rendered({
        PolicySourceArn: right.role,
        ActionNames: right.actions,
        ResourceArns: expression('[$right.resource]'),
        ContextEntries: expression('[$right.context]'),
      }),
    ),
    // The roles of the functions of changes, by the prefix that CloudFormation gives them: one by one they would be more than a
    // role's own policy holds.
    iamResources: [`arn:aws:iam::${Aws.ACCOUNT_ID}:role/${Stack.of(scope).stackName}-Change*`],
    taskTimeout: Timeout.duration(Duration.seconds(30)),
    outputs:
      "{% {'right': $right, 'results': [$map($states.result.EvaluationResults, function($each) {" +
      "{'action': $each.EvalActionName, 'decision': $each.EvalDecision, 'missing': [$each.MissingContextValues]}})], 'error': null} %}",
  });
  ask.addRetry(awsSdk);
  const take = inside.remember('This right', [assign(right, path<NeededRight>('$states.input'))]);
  take.next(ask);
  const map = MapState.jsonata(scope, 'Ask IAM for each right', {
    maxConcurrency: 4,
    items: ProvideItems.jsonata('{% [$rehearsed.needs] %}'),
    assign: assigned([assign(rights, expression<AnsweredRight[]>('[$states.result]'))]),
    outputs: {},
  });
  map.itemProcessor(take);
  const notAsked = steps.remember('IAM could not be asked', [
    assign(
      rights,
      expression<AnsweredRight[]>(
        "[$map([$rehearsed.needs], function($each) {{'right': $each, 'results': [], 'error': $refusal}})]",
      ),
    ),
  ]);
  map.addCatch(notAsked, {
    errors: ['States.ALL'],
    outputs: {},
    assign: assigned([assign(refusal, expression<string>('$states.errorOutput.Error'))]),
  });
  return { id: map.id, startState: map, endStates: [map, notAsked] };
}

function asArguments(value: object): Input<ArgumentsOf<ChangeTask>> {
  // The task's own type is the union of all kinds (fragments/change.ts).
  // oxlint-disable-next-line typescript/consistent-type-assertions
  return value as Input<ArgumentsOf<ChangeTask>>;
}
