import { Duration } from 'aws-cdk-lib';
import { Parallel, Succeed, Wait, WaitTime, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, path } from '../../contract/expressions';
import { databaseTasks } from '../../contract/tasks';
import { openApplication } from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { hours, modification, moments } from '../fragments/change';
import { runDocument } from '../fragments/document';
import { failurePath } from '../fragments/failure';
import { carryOut, resolveThenWork } from '../fragments/intention';
import { assign, assigned, Steps, type Functions } from '../fragments/steps';
import type { MachineDefinition } from '../machine';
import { closeTheOldDatabase } from './close';
import { restoreBeside } from './restore';
import * as intends from './intentions';
import * as is from './values';

/**
 * Database recovery (procedures, System Recovery, Database Recovery; Data Recovery, Point-in-Time Recovery): restores a
 * new instance to the last good moment beside the old one, proves it, and cuts over. The old one is fenced and kept.
 * Point of no return: the record, or the name, that leads to the replacement. Before it settling switches back by the
 * journal; after it settling calls a person.
 */
export function databaseRecovery(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Recovery failed');
  const steps = new Steps(scope, functions, failed);
  const { run, description } = is;

  const besideEachOther = Parallel.jsonata(scope, 'Restore, and meanwhile close the old database', {
    assign: assigned([
      assign(is.endpoint, path<{ address: string; port: number }>('$states.result[0].endpoint')),
      assign(is.grantees, expression<string[]>('[$states.result[1].grantees]')),
    ]),
    outputs: {},
  });
  besideEachOther.branch(restoreBeside(steps.inside()), closeTheOldDatabase(steps.inside()));

  const resolve = steps.sequence(
    checkTheRight(steps),
    findTheHosts(steps),
    steps.task(
      'Look at the database and its backups',
      databaseTasks['source-inspect'],
      { run, database: description.database },
      (found) => [assign(is.current, found.current), assign(is.sources, found.sources)],
    ),
    chooseSourceAndMoment(steps),
  );
  const work = steps.sequence(
    // Restore; close what is damaged.
    steps.caught(besideEachOther),

    // Validate the copy before anything leads to it.
    carryOut(steps, intends.givingTheMasterLogin, modification),
    runDocument(steps, 'Open the copy to its logins', {
      document: 'open-database',
      run,
      key: 'open-replacement',
      hosts: is.firstHost,
      parameters: { ...is.parametersFor(is.endpoint), Grantees: is.granteeList },
      executionTimeoutSeconds: 60,
    }),
    runDocument(steps, "Give the logins today's passwords", {
      document: 'align-logins',
      run,
      key: 'align-logins',
      hosts: is.firstHost,
      parameters: { ...is.parametersFor(is.endpoint), Logins: is.loginList },
      executionTimeoutSeconds: 60,
    }),
    runDocument(steps, 'Log in from a host by the name that the application uses', {
      document: 'try-logins',
      run,
      key: 'try-logins',
      hosts: is.hosts,
      parameters: {
        ...is.parametersFor(is.endpoint),
        // By rename the name is the old instance's until the cut-over, and so is what its certificate says.
        Address: expression<string>(
          "$description.database.cutOver = 'rename' ? $endpoint.address : $description.database.address",
        ),
        Endpoint: is.endpoint.address,
        Logins: is.loginList,
      },
      executionTimeoutSeconds: 60,
    }),
    runDocument(steps, 'Measure the copy', {
      document: 'probe-integrity',
      run,
      key: 'measure-replacement',
      hosts: is.firstHost,
      parameters: {
        ...is.parametersFor(is.endpoint),
        SchemaVersion: is.schemaVersion,
        Checks: is.checkList,
        // Two looks and their rules within the script's time; a restored volume loads lazily and the first look is slow.
        StatementTimeoutSeconds: '800',
      },
      executionTimeoutSeconds: 1800,
      keep: (_results, only) => [assign(is.measure, only)],
    }),
    steps.task('Hold the copy against the baseline', databaseTasks['integrity-compare'], {
      run,
      database: description.database,
      measure: is.measure,
      baselineTakenAt: is.baselineTakenAt,
      exact: expression<boolean>("$source.kind = 'point-in-time' and $source.moment = $baselineTakenAt"),
      consistencyPercent: description.serviceLevels.consistencyPercent,
    }),

    // Cut over.
    steps.either(
      'By record or by rename?',
      expression<boolean>("$description.database.cutOver = 'rename'"),
      byRename(steps),
      byRecord(steps),
    ),
    openApplication(steps),

    // Protect it again.
    steps.either(
      'Is there an old instance to keep?',
      expression<boolean>("$current.status != 'deleted'"),
      carryOut(steps, intends.keepingTheReplaced, moments),
    ),
    steps.either(
      'Did the identifier change?',
      expression<boolean>("$description.database.cutOver = 'dns' and $count($description.databaseAlarms) > 0"),
      carryOut(steps, intends.lettingTheAlarmsFollow, moments),
    ),
    carryOut(steps, intends.backingUp, hours),
    Succeed.jsonata(scope, 'Recovered', {
      outputs: { replacement: is.serving.toString(), source: is.source.toString() },
    }),
  );

  return {
    comment:
      'Recovers the database to its last good moment. Started by the front door only: start `recovery` with {"plan": "database-recovery"}',
    timeout: Duration.hours(16),
    start: resolveThenWork(steps, { resolve, intends: intends.intentions, predicts, work }),
  };
}

function chooseSourceAndMoment(steps: Steps): IChainable {
  return steps.task(
    'Choose source and moment',
    databaseTasks['source-choose'],
    { run: is.run, request: is.request, objective: is.description.objective, current: is.current, sources: is.sources },
    (chosen) => [
      assign(is.source, chosen.source),
      assign(is.predictedLossSeconds, chosen.predictedLossSeconds),
      assign(is.baselineTakenAt, chosen.baselineTakenAt),
      assign(is.baselineThrough, expression<Record<string, string>>(chosen.baselineThrough.body)),
    ],
  );
}

/**
 * A restore by RDS takes 10 to 20 minutes whatever its size, since the data is loaded when it is first touched (RDS guide,
 * Restoring a DB instance); checks and first backup come to about 10 more. The services stand still from the beginning
 * until the cut-over; "latest" waits until the restorable time has passed the fence, which trails by about 5 minutes.
 */
const predicts = {
  durationSeconds: expression<number>("1800 + ($source.moment = 'latest' ? 300 : 0)"),
  downtimeSeconds: expression<number>("1200 + ($source.moment = 'latest' ? 300 : 0)"),
  lossSeconds: is.predictedLossSeconds,
  because:
    'a restore by RDS takes 10 to 20 minutes, and the services stand still while it runs; the loss is counted from the chosen moment to now',
};

/** The application finds the replacement by its record; resolvers may keep the old answer for the record's TTL. */
function byRecord(steps: Steps): IChainable {
  return steps.sequence(
    carryOut(steps, intends.movingTheRecord, moments, (moved) => [
      assign(
        is.oldTtlSeconds,
        expression<number>(
          `$exists(${moved.detail.body}.previousTtlSeconds) ? ${moved.detail.body}.previousTtlSeconds : 0`,
        ),
      ),
    ]),
    Wait.jsonata(steps.scope, "Wait for the record's time to live", {
      // Resolvers keep the old record for the old record's time.
      time: WaitTime.seconds('{% $max([$description.database.recordTtlSeconds, $oldTtlSeconds]) %}'),
    }),
  );
}

/** For `verify-full` and IAM authentication: the name of the old instance goes to the replacement (docs/adr/0005). */
function byRename(steps: Steps): IChainable {
  return steps.sequence(
    carryOut(steps, intends.takingTheName, modification),
    carryOut(steps, intends.givingTheName, modification),
  );
}
