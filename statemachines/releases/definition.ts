import { Duration } from 'aws-cdk-lib';
import { Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression } from '../../contract/expressions';
import {
  askEachHost,
  awaitHealth,
  resumeAutoScaling,
  suspendReplacement,
  suspendingReplacement,
} from '../fragments/application';
import { standingBy } from '../fragments/batches';
import { checkTheRight, findTheHosts, noHostHasCome } from '../fragments/begin';
import { failurePath } from '../fragments/failure';
import { bootRelease, bootReleaseIntends, inspectTemplate, versionThatBoots } from '../fragments/instances';
import { resolveThenWork } from '../fragments/intention';
import { Steps, type Functions } from '../fragments/steps';
import { hosts } from '../fragments/values';
import type { MachineDefinition } from '../machine';
import { switchBatchAfterBatch, switching } from './batches';
import { chooseTheRelease, prepareTheRelease, theSchemaFits } from './choose';
import * as the from './values';

/**
 * Application recovery (procedures, System Recovery, Application Recovery): the last release known healthy, or the one that
 * was asked for, on every host. Built before anything is touched, switched at once, first on one host.
 */
export const applicationRecovery = (scope: Construct, functions: Functions): MachineDefinition =>
  release(scope, functions, 'recover');

/**
 * Application rollback (procedures, Rollback Procedures, Code Rollback): the same, to the healthy release before the one
 * that runs. The previous commit's tag, of which the procedure speaks, need not be a release that was ever healthy.
 */
export const applicationRollback = (scope: Construct, functions: Functions): MachineDefinition =>
  release(scope, functions, 'roll-back');

function release(scope: Construct, functions: Functions, purpose: 'recover' | 'roll-back'): MachineDefinition {
  const steps = new Steps(scope, functions, failurePath(scope, 'The release was not changed'));
  const plan = purpose === 'recover' ? 'application-recovery' : 'application-rollback';

  return {
    comment: `${purpose === 'recover' ? 'Puts the last release known healthy on every host' : 'Goes back to the healthy release before the one that runs'}. Started by the front door only: start \`recovery\` with {"plan": "${plan}"}`,
    timeout: Duration.hours(6),
    start: resolveThenWork(steps, {
      resolve: steps.sequence(
        checkTheRight(steps),
        findTheHosts(steps),
        chooseTheRelease(steps, purpose),
        theSchemaFits(steps, { again: false }),
        inspectTemplate(steps),
      ),
      intends: [suspendingReplacement, standingBy, switching(hosts), ...bootReleaseIntends({ release: the.release })],
      predicts: {
        // Two minutes to build; each batch drains for 300 s (ELB's default) and comes back.
        durationSeconds: expression<number>('120 + 420 * $count([$batches])'),
        downtimeSeconds: expression<number>('$count([$hosts]) > 1 ? 0 : 5'),
        lossSeconds: 0,
        because:
          'a target drains for 300 s by default; a restart takes seconds, and only a host that is alone stays in service',
      },
      work: steps.sequence(
        // First of all: a host that is unhealthy with its release would be replaced while the other one is built, by one with the same.
        suspendReplacement(steps),
        noHostHasCome(steps, 'Compare the hosts'),
        // What takes long, and what most often fails, before anything that serves is touched.
        prepareTheRelease(steps),
        // Asked again: a migration may have run, and the release's own word is known for certain only now.
        theSchemaFits(steps, { again: true }),
        switchBatchAfterBatch(steps),
        askEachHost(steps),
        awaitHealth(steps),
        // While nothing is launched by itself: a group that grew from here on would grow by what was taken back.
        bootRelease(steps, { release: the.release }),
        noHostHasCome(steps, 'Compare the hosts again', versionThatBoots({ release: the.release })),
        resumeAutoScaling(steps),
        Succeed.jsonata(scope, 'The release serves on every host', { outputs: { release: the.release.toString() } }),
      ),
    }),
  };
}
