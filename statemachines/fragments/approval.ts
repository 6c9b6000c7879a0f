import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, variable, type Expression } from '../../contract/expressions';
import type { PlannedChange, Prediction } from '../../contract/planned';
import { runTasks } from '../../contract/tasks';
import { assign, type Steps } from './steps';
import * as is from './values';

const needed = variable<boolean>('approvalNeeded');
const round = variable<number>('approvalRound');
const waitSeconds = variable<number>('approvalSeconds');

/**
 * Where the description says so, a person decides before anything is changed: the run shows what it would do and waits for
 * the answer, at the longest until it expires. Then it resolves again from the beginning: what it finds then has to be what
 * was approved, or it asks again (at most `APPROVAL_ROUNDS` times). Nothing is changed by a denial.
 * States: `Who has to be asked`, `Does a person have to decide?`, `Wait for the decision`, `What was decided`.
 */
export function approve(
  steps: Steps,
  planned: Expression<PlannedChange[]>,
  prediction: Expression<Prediction>,
  resolveAgain: IChainable,
): IChainable {
  const conclude = steps.task('What was decided', runTasks['approval-conclude'], { run: is.run, round });
  conclude.next(resolveAgain);
  const wait = steps.awaitToken(
    'Wait for the decision',
    runTasks['approval-request'],
    { run: is.run, planned, prediction, round, token: expression<string>('$states.context.Task.Token') },
    waitSeconds,
    conclude,
  );
  wait.next(conclude);
  return steps.sequence(
    steps.task('Who has to be asked', runTasks['approval-ask'], { run: is.run, planned }, (asked) => [
      assign(needed, asked.needed),
      assign(round, asked.round),
      assign(waitSeconds, asked.timeoutSeconds),
    ]),
    steps.either('Does a person have to decide?', needed, {
      id: wait.id,
      startState: wait,
      endStates: [],
    }),
  );
}
