import { Duration } from 'aws-cdk-lib';
import { Fail, Map as MapState, Parallel, ProvideItems, Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { ChangeKind } from '../contract/changes';
import { UNDO_INCOMPLETE } from '../contract/errors';
import { liftable } from '../contract/undo';
import { expression, path, variable } from '../contract/expressions';
import type { FinalStatus, Outcome, RunRef } from '../contract/run';
import { applicationTasks, runTasks } from '../contract/tasks';
import { takeBack } from './fragments/change';
import { failurePath } from './fragments/failure';
import { byKind, patienceOf } from './fragments/walk';
import { assign, Steps, wordsOf, type Functions } from './fragments/steps';
import type { MachineDefinition } from './machine';

const runId = variable<string>('runId');
const outcome = variable<Outcome>('outcome');
const run = variable<RunRef | null>('run');
const publicUrl = variable<string | null>('publicUrl');
const targetGroupArn = variable<string | null>('targetGroupArn');
const toUndo = variable<{ key: string; kind: ChangeKind }[]>('toUndo');
const outside = variable<{ healthy: boolean; status: number | null; detail: string }>('outside');
const settled = variable<{ status: FinalStatus; undoFailed: string[] }>('settled');
const claimed = variable<boolean>('claimed');

/**
 * Settling: the one end of every run, after success, failure, rejection, time-out and abort alike, exactly once. Stops
 * what still goes on, takes back by the journal, last first, what must not stay, looks at the application, writes the
 * evidence, tells the people, and only then gives the lease back.
 */
export function settlement(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Settling failed');
  const steps = new Steps(scope, functions, failed);

  const work = steps.sequence(
    steps.fromNow('Nothing of the run goes on'),
    steps.until(
      'Nothing of the run goes on',
      runTasks['settle-quiesce'],
      { runId },
      // A command that is cancelled ends within its script's next step; a plan within seconds.
      { firstSeconds: 2, longestSeconds: 30, rounds: 60 },
      (result) => result.done,
    ),
    steps.task('Read the journal backwards', runTasks['settle-plan'], { runId, outcome }, (plan) => [
      assign(toUndo, expression<{ key: string; kind: ChangeKind }[]>(`[${plan.undo.body}]`)),
    ]),
    takeEachBack(steps),
    steps.either('Was there anything to look at?', expression<boolean>('$publicUrl != null'), lookFromOutside(steps)),
    writeReportTellAndGiveBack(steps),
    steps.either(
      'Is everything as it has to be?',
      expression<boolean>('$count($settled.undoFailed) = 0'),
      Succeed.jsonata(scope, 'Settled', { outputs: settled.toString() }),
      Fail.jsonata(scope, 'Something could not be taken back', {
        error: UNDO_INCOMPLETE,
        cause:
          "{% 'could not be taken back, written or sent: ' & $join($settled.undoFailed, ', ') & '; the journal has the state before' %}",
      }),
    ),
  );

  return {
    comment: 'Settles a run. Started by the front door, by the end of its execution, or by the sweep; never by hand',
    timeout: Duration.hours(10),
    start: steps.sequence(
      steps.task(
        'Claim the settling',
        runTasks['settle-claim'],
        {
          runId: path<string>('$states.input.runId'),
          settlementArn: expression<string>('$states.context.Execution.Id'),
          outcome: path<Outcome>('$states.input.outcome'),
        },
        (claim) => [
          assign(claimed, claim.claimed),
          assign(runId, path<string>('$states.input.runId')),
          assign(outcome, claim.outcome),
          assign(run, claim.run),
          assign(publicUrl, claim.publicUrl),
          assign(targetGroupArn, claim.targetGroupArn),
          assign(settled, { status: 'failed', undoFailed: [] }),
          assign(outside, { healthy: false, status: null, detail: 'not asked: the run never knew the application' }),
        ],
      ),
      steps.either('Is it ours to settle?', claimed, work, Succeed.jsonata(scope, 'Settled by another')),
    ),
  };
}

/**
 * The evidence, the message, the lease. A report that cannot be written keeps nobody from being told, and a message that
 * cannot be sent keeps no other run from starting; either makes settling end as failed, which an alarm watches.
 */
function writeReportTellAndGiveBack(steps: Steps): IChainable {
  const missing = (what: string) =>
    expression<{ status: FinalStatus; undoFailed: string[] }>(
      `{'status': $settled.status, 'undoFailed': [$settled.undoFailed, '${what} (' & $failure.Error & ')']}`,
    );
  const giveBack = steps.task('Give the lease back', runTasks['lease-release'], { runId });
  const untold = steps.remember('Nobody could be told', [assign(settled, missing('the message'))]);
  untold.next(giveBack);
  const tell = steps.failingTo(untold).task('Tell the people', runTasks['settle-announce'], { runId });
  const unwritten = steps.remember('No report could be written', [assign(settled, missing('the report'))]);
  unwritten.next(tell);
  const write = steps
    .failingTo(unwritten)
    .task('Write the report', runTasks['settle-report'], { runId, outcome, outside }, (result) => [
      assign(
        settled,
        expression<{ status: FinalStatus; undoFailed: string[] }>(
          `{'status': ${result.status.body}, 'undoFailed': [${result.undoFailed.body}]}`,
        ),
      ),
    ]);
  return steps.sequence(write, tell, giveBack);
}

/** A change that cannot be taken back is recorded and the others are still tried. */
function takeEachBack(steps: Steps): IChainable {
  const { scope } = steps;
  const inside = steps.inside();
  const one = variable<{ key: string; kind: ChangeKind }>('one');

  const each = byKind(inside, 'Which kind of change?', one, liftable, (kind) => {
    const undo = takeBack(inside, `Take back ${kind}`, kind, expression<RunRef>('$run'), one.key, patienceOf(kind));
    const first = kind === 'auto-scaling-processes' ? onceTargetsAreHealthy(inside, undo) : undo;
    return { first, ends: undo.endStates };
  });

  const attempt = Parallel.jsonata(scope, 'Take it back', { outputs: {} }).branch(each);
  const record = inside.task('Record that it stays', runTasks['settle-undo-failed'], {
    runId,
    key: one.key,
    error: expression<string>('$states.input.Error'),
    cause: expression<string>(wordsOf('$states.input.Cause')),
  });
  attempt.addCatch(record, { errors: ['States.ALL'], outputs: '{% $states.errorOutput %}' });

  const map = MapState.jsonata(scope, 'Take back what must not stay', {
    maxConcurrency: 1,
    items: ProvideItems.jsonata(toUndo.toString()),
    outputs: {},
  });
  map.itemProcessor(inside.sequence(keepItem(inside), attempt));
  return steps.caught(map);

  function keepItem(within: Steps): IChainable {
    return within.remember('This change', [assign(one, path<{ key: string; kind: ChangeKind }>('$states.input'))]);
  }
}

/**
 * Auto Scaling that sees a target unhealthy terminates its host, disk and all, and a host whose services have just been
 * started is unhealthy for minutes: five checks of 30 s (ELB, default settings). A host that stays so is replaced after
 * that, which is what the group is for; a question that fails keeps nothing suspended.
 */
function onceTargetsAreHealthy(inside: Steps, then: IChainable): IChainable {
  const name = 'Are all targets healthy again?';
  const trying = inside.goingOnTo(then);
  const wait = trying.sequence(
    trying.fromNow(name),
    trying.ask(
      name,
      applicationTasks['targets-await'],
      { targetGroupArn: expression<string>('$targetGroupArn') },
      // About 7 minutes.
      { firstSeconds: 10, longestSeconds: 30, rounds: 16 },
      (targets) => targets.done,
      () => [],
    ),
  );
  for (const end of wait.endStates) end.next(then);
  return inside.either('Is there a group of targets?', expression<boolean>('$targetGroupArn != null'), wait, then);
}

function lookFromOutside(steps: Steps): IChainable {
  const name = 'Is the application healthy from outside?';
  return steps.sequence(
    steps.fromNow(name),
    steps.ask(
      name,
      applicationTasks['outside-check'],
      { publicUrl: expression<string>('$publicUrl') },
      { firstSeconds: 3, longestSeconds: 15, rounds: 12 },
      (answer) => answer.healthy,
      (answer) => [
        assign(outside, expression<{ healthy: boolean; status: number | null; detail: string }>(answer.body)),
      ],
    ),
  );
}
