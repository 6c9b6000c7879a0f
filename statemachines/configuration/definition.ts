import { Duration } from 'aws-cdk-lib';
import { Map as MapState, Pass, ProvideItems, Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, path } from '../../contract/expressions';
import { awaitHealth, resumeAutoScaling, suspendAutoScaling, suspending } from '../fragments/application';
import { checkTheRight, findTheHosts, noHostHasCome } from '../fragments/begin';
import { change, type moments } from '../fragments/change';
import { failurePath } from '../fragments/failure';
import { carryOut, intend, resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import type { MachineDefinition } from '../machine';
import { chooseTheConfiguration, placeOn } from './choose';
import * as is from './values';

/** place-configuration may run 10 minutes (lambdas/changes/configuration.ts); 20 questions are nearly 14. */
const placing: typeof moments = { firstSeconds: 2, longestSeconds: 60, rounds: 20 };

/**
 * Configuration recovery and rollback (procedures, System Recovery, Configuration Recovery; Rollback Procedures,
 * Configuration Rollback). A version is chosen, fetched and checked on the hosts before anything is changed; it is placed on
 * one host, which has to come to health with it, and then on the others in batches. Secrets come from Secrets Manager. A host
 * that does not come to health puts back what it had, and the run stops there; those before it keep what they are healthy
 * with. The two differ in what is chosen (lambdas/configuration/choose.ts). There is no point of no return.
 */
export function configuration(
  scope: Construct,
  functions: Functions,
  what: 'recovery' | 'rollback',
): MachineDefinition {
  const failed = failurePath(scope, 'Configuration failed');
  const steps = new Steps(scope, functions, failed);
  const onTheFirst = intend('configuration', {
    step: 'Place it on the first host',
    key: is.canaryKey,
    ...placeOn(is.firstHost),
  });
  // Listed as one; made in batches, each a change of its own.
  const onTheOthers = intend('configuration', {
    step: 'Place it on a batch of hosts',
    key: 'place-on-other-hosts',
    ...placeOn(is.otherHosts),
    when: is.thereAreOthers,
  });

  const flow = steps.sequence(
    resolveThenWork(steps, {
      resolve: steps.sequence(checkTheRight(steps), findTheHosts(steps), chooseTheConfiguration(steps)),
      intends: [suspending, onTheFirst, onTheOthers],
      predicts: {
        durationSeconds: expression<number>('120 + 60 * $count($hosts)'),
        downtimeSeconds: 0,
        lossSeconds: 0,
        because:
          'services restart on one batch of hosts at a time and the others serve; a host takes about a minute, targets two',
      },
      work: steps.sequence(
        // A host whose configuration is broken is unhealthy: it must not be replaced while it is repaired.
        suspendAutoScaling(steps),
        noHostHasCome(steps, 'Compare the hosts'),
        carryOut(steps, onTheFirst, placing),
        steps.either('Are there other hosts?', is.thereAreOthers, placeOnTheOthers(steps)),
        awaitHealth(steps),
        resumeAutoScaling(steps),
      ),
    }),
    Succeed.jsonata(scope, 'Configured', { outputs: { version: is.chosen.version.toString() } }),
  );

  return {
    comment: `Puts a sound version of the configuration on every host. Started by the front door only: start \`recovery\` with {"plan": "configuration-${what}"}`,
    timeout: Duration.hours(16),
    start: flow,
  };
}

/** One batch after the other; the first that fails ends the run, which says which host it was. */
function placeOnTheOthers(steps: Steps): IChainable {
  const inside = steps.inside();
  const map = MapState.jsonata(steps.scope, 'Place it on the others', {
    maxConcurrency: 1,
    items: ProvideItems.jsonata(is.batches),
    outputs: {},
  });
  map.itemProcessor(
    inside.sequence(
      inside.remember('This batch', [assign(is.batch, path<string[]>('$states.input'))]),
      change(
        inside,
        'Place it on a batch of hosts',
        'configuration',
        is.run,
        { key: is.keyOfBatch, ...placeOn(is.batch) },
        placing,
      ),
      // Without it the branch would end in a wait that nothing leads out of.
      Pass.jsonata(steps.scope, 'These hosts are healthy', { outputs: {} }),
    ),
  );
  return steps.caught(map);
}
