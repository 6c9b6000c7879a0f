import { Duration } from 'aws-cdk-lib';
import { Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression } from '../../contract/expressions';
import type { ConfigurationVersion, StoredConfiguration } from '../../contract/tasks/configuration';
import { chooseTheConfiguration } from '../configuration/choose';
import * as configuration from '../configuration/values';
import { chooseSourceAndMoment } from '../database-recovery/choose';
import { fenceTheOldDatabase } from '../database-recovery/close';
import { cutOver } from '../database-recovery/cut-over';
import { replacing } from '../database-recovery/intentions';
import { protectAgain } from '../database-recovery/protect';
import { awaitTheMomentToRestore, finishTheCopy } from '../database-recovery/restore';
import { validateTheCopy } from '../database-recovery/validate';
import * as database from '../database-recovery/values';
import { openApplication, puttingUpThePage, suspendAutoScaling } from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { hours, moments } from '../fragments/change';
import { failurePath } from '../fragments/failure';
import {
  capacity,
  detectInfrastructure,
  pointThePublicRecord,
  provisionInfrastructure,
  registerTargets,
} from '../fragments/infrastructure';
import { bootRelease, inspectTemplate } from '../fragments/instances';
import { awaitBegun, begin, carryOut, resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import { activeUnits, hosts } from '../fragments/values';
import type { MachineDefinition } from '../machine';
import { becomingHealthy } from '../releases/batches';
import { chooseTheRelease, prepareTheRelease, theSchemaFits } from '../releases/choose';
import * as releases from '../releases/values';
import * as intends from './intentions';
import * as is from './values';

/**
 * Full system recovery (procedures, System Recovery, Full System Recovery): the database's restore is begun first, since it takes
 * longest, and everything that does not need the data is done while it runs: what is missing is provisioned, the configuration
 * placed, the release built. The application starts, and users come back, only once the data is proved. Point of no
 * return: the record, or the name, that leads to the restored database.
 */
export function fullSystemRecovery(scope: Construct, functions: Functions): MachineDefinition {
  const steps = new Steps(scope, functions, failurePath(scope, 'Recovery failed'));

  return {
    comment:
      'Recovers infrastructure, configuration, database and application. Started by the front door only: start `recovery` with {"plan": "full-system-recovery"}',
    timeout: Duration.hours(16),
    start: resolveThenWork(steps, {
      resolve: steps.sequence(
        checkTheRight(steps),
        detectInfrastructure(steps),
        chooseSourceAndMoment(steps),
        inspectTemplate(steps),
        whatOnlyHostsCanTell(steps),
      ),
      intends: intends.intentions,
      predicts,
      work: steps.sequence(
        // The long pole first, where its moment is there already.
        steps.either(
          'Can it be restored at once?',
          is.canBeginAtOnce,
          begin(steps, replacing, 'Begin the restore at once'),
        ),

        // Meanwhile: nobody is served, and nothing writes into what is given up.
        carryOut(steps, puttingUpThePage, moments),
        provisionInfrastructure(steps),
        findTheHosts(steps),
        suspendAutoScaling(steps, () => [assign(database.oldGrantees, expression<string[]>('[]'))]),
        chooseTheConfiguration(steps),
        chooseTheRelease(steps, 'rebuild'),
        carryOut(steps, intends.stoppingTheApplication, moments),
        fenceTheOldDatabase(steps),
        // Where it has not begun; where it has, this finds it.
        awaitTheMomentToRestore(steps),
        begin(steps, replacing),
        carryOut(steps, intends.placing, moments),
        prepareTheRelease(steps),

        // The data, proved before anything leads to it.
        awaitBegun(steps, replacing, hours),
        finishTheCopy(steps),
        steps.remember('What the restore has left', [
          assign(database.endpoint, database.copyEndpoint),
          assign(database.grantees, expression<string[]>(`[${database.oldGrantees.body}]`)),
        ]),
        validateTheCopy(steps),
        theSchemaFits(steps, { again: true, at: { Address: database.endpoint.address } }),

        // Cut over, and only then the application.
        cutOver(steps),
        carryOut(steps, intends.switching, becomingHealthy),
        registerTargets(steps),
        openApplication(steps),
        pointThePublicRecord(steps),

        // Protect it again.
        bootRelease(steps, { release: releases.release }),
        protectAgain(steps),
        Succeed.jsonata(scope, 'The whole system serves again', {
          outputs: { database: database.serving.toString(), release: releases.release.toString() },
        }),
      ),
    }),
  };
}

/** Version and release are chosen on the hosts, once all of them stand; until then the list of changes has words in their place. */
function whatOnlyHostsCanTell(steps: Steps): IChainable {
  return steps.remember('What only the hosts can tell', [
    assign(hosts, capacity),
    assign(activeUnits, expression<Record<string, string[]>>('{}')),
    // In the shape of a tag, since the template's user data is held against it.
    assign(releases.release, 'the-newest-known-healthy'),
    assign(releases.folders, expression<Record<string, string>>('{}')),
    assign(releases.serving, expression<releases.Serving>('{}')),
    assign(
      configuration.chosen,
      expression<ConfigurationVersion>(
        "{'version': 'the newest sound version', 'at': '1970-01-01T00:00:00Z', 'objects': 'newest=sound:-'}",
      ),
    ),
    assign(
      configuration.stored,
      expression<StoredConfiguration>("{'bucket': '', 'candidates': [], 'because': '', 'passedOver': []}"),
    ),
    assign(configuration.inForce, expression<typeof configuration.inForce.yields>('[]')),
  ]);
}

/**
 * As a database recovery's: the restore takes 10 to 20 minutes whatever its size (RDS guide, Restoring a DB instance), and
 * everything else fits beside it but the start of the release, checks and the first backup.
 */
const predicts = {
  durationSeconds: expression<number>("2400 + ($source.moment = 'latest' ? 300 : 0)"),
  downtimeSeconds: expression<number>("1500 + ($source.moment = 'latest' ? 300 : 0)"),
  lossSeconds: database.predictedLossSeconds,
  because:
    'a restore by RDS takes 10 to 20 minutes, and the application starts once its data is proved; the loss is counted from the chosen moment to now',
};
