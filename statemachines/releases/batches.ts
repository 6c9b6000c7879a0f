import { Map as MapState, Pass, ProvideItems, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, path, type Expression } from '../../contract/expressions';
import { applicationTasks } from '../../contract/tasks';
import type { Batch } from '../../contract/tasks/releases';
import { change, takeBack } from '../fragments/change';
import { intend } from '../fragments/intention';
import { assign, type Patience, type Steps } from '../fragments/steps';
import * as is from '../fragments/values';
import type { Serving } from './values';
import * as the from './values';

/** A target drains for 300 s by default (ELB), then Auto Scaling lets the host go: 17 minutes are waited. */
const draining: Patience = { firstSeconds: 10, longestSeconds: 60, rounds: 20 };
/** The script asks for a quarter of an hour at most; each question costs events, and there are many batches. */
export const becomingHealthy: Patience = { firstSeconds: 3, longestSeconds: 45, rounds: 28 };
const returning: Patience = { firstSeconds: 5, longestSeconds: 60, rounds: 12 };

/** What is done to hosts, the same for a batch of them as for all; the keys of a batch end with its number. */
export function intentions(hosts: Expression<string[]>) {
  const { description } = is;
  return {
    standby: intend('standby', {
      step: 'Take the hosts out of service',
      key: 'stand-by',
      target: { group: description.autoScalingGroup, instances: hosts },
      when: expression<boolean>('$batches[0].standby'),
    }),
    release: intend('release', {
      step: 'Switch the release',
      key: 'release',
      target: {
        hosts,
        release: the.release,
        folders: expression<Record<string, string>>('$folders'),
        folder: description.hosts.folder,
        releasesFolder: description.releases.folder,
        services: description.releases.services,
        healthUrl: description.hosts.healthUrl,
      },
      before: { serving: expression<Serving>('$serving') },
    }),
  };
}

/**
 * One host as the canary, then the others in batches: out of service, switched, healthy, back in service, its target
 * healthy. What goes wrong in one batch stops those behind it.
 */
export function batchAfterBatch(steps: Steps): IChainable {
  const { run, description } = is;
  const inside = steps.inside();
  const hosts = expression<string[]>('[$batch.hosts]');
  const { standby, release } = intentions(hosts);
  const keyed = (key: string) => expression<string>(`'${key}-' & $string($batch.number)`);
  const leaves = expression<boolean>('$batch.standby');

  const map = MapState.jsonata(steps.scope, 'Batch after batch', {
    maxConcurrency: 1,
    items: ProvideItems.jsonata('{% [$batches] %}'),
    outputs: {},
  });
  map.itemProcessor(
    inside.sequence(
      inside.remember('This batch', [assign(the.batch, path<Batch>('$states.input'))]),
      inside.either(
        'May the batch leave service?',
        leaves,
        change(inside, standby.step, 'standby', run, { ...standby, key: keyed(standby.key) }, draining),
      ),
      change(inside, release.step, 'release', run, { ...release, key: keyed(release.key) }, becomingHealthy),
      inside.either(
        'Did the batch leave service?',
        leaves,
        inside.sequence(
          takeBack(inside, 'Put the hosts back into service', 'standby', run, keyed(standby.key), returning),
          inside.fromNow('Targets of the batch healthy'),
          inside.until(
            'Targets of the batch healthy',
            applicationTasks['targets-await'],
            { targetGroupArn: description.loadBalancer.targetGroupArn, only: hosts },
            // A new target needs one check, a known one five of 30 s (ELB, default settings).
            { firstSeconds: 5, longestSeconds: 45, rounds: 16 },
            (targets) => targets.done,
          ),
        ),
      ),
      // Without it a wait would have nothing that leads out of it.
      Pass.jsonata(steps.scope, 'The batch serves the release', { outputs: {} }),
    ),
  );
  return steps.caught(map);
}
