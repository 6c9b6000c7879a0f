import { Map as MapState, Pass, ProvideItems, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, path, variable, type Expression } from '../../contract/expressions';
import { applicationTasks } from '../../contract/tasks';
import type { Batch } from '../../contract/tasks/releases';
import { change, takeBack } from './change';
import { intend } from './intention';
import { assign, type Patience, type Steps } from './steps';
import * as is from './values';

/** A target drains for 300 s by default (ELB), then Auto Scaling lets the host go: 17 minutes are waited. */
const draining: Patience = { firstSeconds: 10, longestSeconds: 60, rounds: 20 };
const returning: Patience = { firstSeconds: 5, longestSeconds: 60, rounds: 12 };

export const batches = variable<Batch[]>('batches');
const batch = variable<Batch>('batch');
/** Those of the batch at hand. */
const hostsOfBatch = expression<string[]>('[$batch.hosts]');

/** Hosts leave service while they change, where others serve meanwhile. For a plan's list of intentions. */
export const standingBy = intend('standby', {
  step: 'Take the hosts out of service',
  key: 'stand-by',
  target: { group: is.description.autoScalingGroup, instances: is.hosts },
  when: expression<boolean>('$batches[0].standby'),
});

/**
 * One host as the canary, then the others in batches: out of service, changed, back in service, its target healthy. What goes
 * wrong in one batch stops those behind it.
 * @param work what is done to a batch; its keys end with the batch's number (`keyed`)
 * @param ended the name of the state in which a batch has come through
 */
export function batchAfterBatch(
  steps: Steps,
  {
    work,
    ended,
  }: {
    readonly work: (
      inside: Steps,
      hosts: Expression<string[]>,
      keyed: (key: string) => Expression<string>,
    ) => IChainable;
    readonly ended: string;
  },
): IChainable {
  const { run, description } = is;
  const inside = steps.inside();
  const keyed = (key: string) => expression<string>(`'${key}-' & $string($batch.number)`);
  const leaves = expression<boolean>('$batch.standby');
  const target = { group: description.autoScalingGroup, instances: hostsOfBatch };

  const map = MapState.jsonata(steps.scope, 'Batch after batch', {
    maxConcurrency: 1,
    items: ProvideItems.jsonata('{% [$batches] %}'),
    outputs: {},
  });
  map.itemProcessor(
    inside.sequence(
      inside.remember('This batch', [assign(batch, path<Batch>('$states.input'))]),
      inside.either(
        'May the batch leave service?',
        leaves,
        change(inside, standingBy.step, 'standby', run, { key: keyed(standingBy.key), target }, draining),
      ),
      work(inside, hostsOfBatch, keyed),
      inside.either(
        'Did the batch leave service?',
        leaves,
        inside.sequence(
          takeBack(inside, 'Put the hosts back into service', 'standby', run, keyed(standingBy.key), returning),
          inside.fromNow('Targets of the batch healthy'),
          inside.until(
            'Targets of the batch healthy',
            applicationTasks['targets-await'],
            { targetGroupArn: description.loadBalancer.targetGroupArn, only: hostsOfBatch },
            // A new target needs one check, a known one five of 30 s (ELB, default settings).
            { firstSeconds: 5, longestSeconds: 45, rounds: 16 },
            (targets) => targets.done,
          ),
        ),
      ),
      // Without it a wait would have nothing that leads out of it.
      Pass.jsonata(steps.scope, ended, { outputs: {} }),
    ),
  );
  return steps.caught(map);
}
