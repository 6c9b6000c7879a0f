import { Duration } from 'aws-cdk-lib';
import { Fail, Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression } from '../../contract/expressions';
import { databaseTasks, hostTasks } from '../../contract/tasks';
import * as rds from '../database-recovery/values';
import { countWhatIsLeftBehind, measureThePresentState, requireAPresentState } from '../database-rollback/left-behind';
import { closeApplication, closing, openApplication } from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { hours, moments } from '../fragments/change';
import { runDocument } from '../fragments/document';
import { failurePath } from '../fragments/failure';
import { fenceInTheDatabase } from '../fragments/fence';
import { carryOut, intend, resolveThenWork, unread } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import { description, hosts, request, run } from '../fragments/values';
import type { MachineDefinition } from '../machine';
import * as is from './values';

const { database } = description;

/** What the plans change. */
const changes = {
  side: intend('side-database', {
    step: 'Restore beside the old database',
    key: is.keys.side,
    target: {
      host: is.databaseHost,
      connection: is.connectionTo(),
      source: is.source,
      database: is.side,
      expiresInDays: database.keepReplacedDays,
    },
  }),
  fence: intend('database-fence', {
    step: 'Fence the old database',
    key: is.keys.fence,
    target: { host: is.databaseHost, connection: is.connectionTo(), logins: database.logins },
    before: { grantees: is.grantees },
    when: is.found.present,
  }),
  safety: intend('safety-dump', {
    step: 'Back the present state up',
    key: is.keys.safety,
    target: {
      host: is.databaseHost,
      connection: is.connectionTo(),
      folder: is.backupFolder,
      name: is.safetyName,
      expiresInDays: database.keepReplacedDays,
    },
  }),
  swap: intend('database-swap', {
    step: 'Give the name to the copy',
    key: is.keys.swap,
    pointOfNoReturn: true,
    target: {
      host: is.databaseHost,
      connection: is.connectionTo(),
      side: is.side,
      kept: is.kept,
      expiresInDays: database.keepReplacedDays,
    },
    before: { present: is.found.present },
  }),
} as const;

/**
 * Database recovery where the database is self-hosted (procedures, System Recovery, Database Recovery): the newest sound
 * backup file is restored into a side database and checked while the application goes on; then the old one is fenced, and
 * both are renamed in one transaction. The old one is kept. Point of no return: the swap.
 */
export function selfHostedRecovery(scope: Construct, functions: Functions): MachineDefinition {
  const steps = new Steps(scope, functions, failurePath(scope, 'Recovery failed'));
  return {
    comment:
      'Recovers a self-hosted database from its backup files. Started by the front door only: start `recovery` with {"plan": "database-recovery"}',
    timeout: Duration.hours(16),
    start: resolveThenWork(steps, {
      resolve: resolve(steps, 'no'),
      intends: [changes.side, ...closing, unread(changes.fence), changes.swap],
      predicts: {
        durationSeconds: expression<number>('180 + $ceil($found.neededMegabytes / 10)'),
        downtimeSeconds: 120,
        lossSeconds: is.predictedLossSeconds,
        because:
          'a restore of 10 MB a second with its indexes, and two minutes for closing, swapping and the first healthy answers',
      },
      work: steps.sequence(
        carryOut(steps, changes.side, hours),
        validate(steps),
        closeApplication(steps),
        fence(steps),
        carryOut(steps, changes.swap, moments),
        openApplication(steps),
        Succeed.jsonata(scope, 'Recovered', {
          outputs: { replaced: is.kept.toString(), source: is.source.toString() },
        }),
      ),
    }),
  };
}

/**
 * Database rollback where the database is self-hosted (procedures, Rollback Procedures, Database Rollback): everything is
 * closed and fenced first, since each write that is accepted from now on would be left behind; then a dump of the present
 * state, into which nobody can write any more, read to its end; then as the recovery. What is left behind is counted, and
 * the old database is kept as well. Point of no return: the swap.
 */
export function selfHostedRollback(scope: Construct, functions: Functions): MachineDefinition {
  const steps = new Steps(scope, functions, failurePath(scope, 'Rollback failed'));
  return {
    comment:
      'Takes a self-hosted database back to a moment or a backup file. Started by the front door only: start `recovery` with {"plan": "database-rollback", "restoreTime": "2026-11-23T02:13:40Z"}',
    timeout: Duration.hours(20),
    start: resolveThenWork(steps, {
      resolve: steps.sequence(
        resolve(steps, 'yes'),
        requireAPresentState(
          steps,
          expression<boolean>('$not($found.present)'),
          expression<string>(
            "'there is no database ' & $description.database.name & ' whose present state could be backed up first.'",
          ),
        ),
      ),
      intends: [...closing, unread(changes.fence), changes.safety, changes.side, changes.swap],
      predicts: {
        durationSeconds: expression<number>('180 + $ceil($found.neededMegabytes / 10 + $found.databaseMegabytes / 20)'),
        downtimeSeconds: expression<number>('180 + $ceil($found.neededMegabytes / 10 + $found.databaseMegabytes / 20)'),
        lossSeconds: is.predictedLossSeconds,
        because:
          'a dump of 20 MB a second and a restore of 10 MB a second with its indexes, one after the other and with the application closed; the loss is counted from the backup to now, and is in the dump',
      },
      work: steps.sequence(
        closeApplication(steps),
        fenceIt(steps),
        carryOut(steps, changes.safety, hours),
        measureThePresentState(steps, { hosts: is.onDatabaseHost, connection: is.parametersFor() }),
        carryOut(steps, changes.side, hours),
        validate(steps),
        countWhatIsLeftBehind(
          steps,
          expression<string>(`'the backup ' & ${is.safetyName.body} & ' in ' & ${is.backupFolder.body}`),
        ),
        carryOut(steps, changes.swap, moments),
        openApplication(steps),
        Succeed.jsonata(scope, 'Rolled back', {
          outputs: {
            replaced: is.kept.toString(),
            source: is.source.toString(),
            safetyBackup: is.safetyName.toString(),
          },
        }),
      ),
    }),
  };
}

/** Who it is, on which hosts, from which backup. Changes nothing, and refuses what could not be done. */
function resolve(steps: Steps, safetyBackup: 'yes' | 'no'): IChainable {
  return steps.sequence(
    checkTheRight(steps),
    findTheHosts(steps),
    steps.task('Find the host of the database', hostTasks['hosts-find'], { hosts: is.databaseHostTag }, (found) => [
      assign(is.databaseHosts, found.hosts),
    ]),
    steps.either(
      'Is it one?',
      expression<boolean>('$count($databaseHosts) > 1'),
      Fail.jsonata(steps.scope, 'More than one host of the database', {
        error: 'HostUnfitError',
        cause:
          "{% 'several hosts have the tag of the database: ' & $join($databaseHosts, ', ') & '. Backups and tools have to be on one. Nothing was changed.' %}",
      }),
    ),
    steps.task('Say which moment is wanted', databaseTasks['backup-moment'], { run, request }, (moment) => [
      assign(is.wanted, expression<{ notAfter: string; only: string; because: string }>(moment.body)),
    ]),
    runDocument(steps, 'Look for a sound backup', {
      document: 'find-backup',
      run,
      key: 'find-backup',
      hosts: is.onDatabaseHost,
      parameters: {
        ...is.parametersFor(),
        BackupFolder: is.backupFolder,
        NotAfter: is.wanted.notAfter,
        OnlyBackup: is.wanted.only,
        SafetyBackup: safetyBackup,
      },
      // Every backup that comes into question is read to its end.
      executionTimeoutSeconds: 7200,
      keep: (_results, only) => [assign(is.found, only)],
    }),
    steps.task(
      'Choose the backup',
      databaseTasks['backup-choose'],
      { run, request, objective: description.objective, folder: is.backupFolder, wanted: is.wanted, found: is.found },
      (chosen) => [
        assign(is.source, chosen.source),
        assign(is.predictedLossSeconds, chosen.predictedLossSeconds),
        assign(rds.baselineTakenAt, chosen.baselineTakenAt),
        assign(rds.baselineThrough, expression<Record<string, string>>(chosen.baselineThrough.body)),
        assign(is.grantees, expression<string[]>('[]')),
      ],
    ),
  );
}

/** One that somebody dropped needs no fence. Who could connect to it is known by now, and the copy gets the name next. */
function fence(steps: Steps): IChainable {
  return steps.either(
    'Is there an old database to fence?',
    is.found.present,
    steps.sequence(fenceIt(steps), openTheCopy(steps, 'Open the copy to whoever could connect', 'open-copy-to-all')),
  );
}

function openTheCopy(steps: Steps, name: string, key: string): IChainable {
  return runDocument(steps, name, {
    document: 'open-database',
    run,
    key,
    hosts: is.onDatabaseHost,
    parameters: { ...is.parametersFor(is.side), Grantees: rds.granteeList },
    executionTimeoutSeconds: 60,
  });
}

function fenceIt(steps: Steps): IChainable {
  return fenceInTheDatabase(steps, {
    key: 'inspect-database',
    parameters: is.parametersFor(),
    grantees: is.grantees,
    fencing: changes.fence,
    hosts: is.onDatabaseHost,
  });
}

/** The copy is what it should be, and the application's logins work in it, before it has the name. */
function validate(steps: Steps): IChainable {
  const connection = is.parametersFor(is.side);
  return steps.sequence(
    runDocument(steps, 'Measure the copy', {
      document: 'probe-integrity',
      run,
      key: 'measure-copy',
      hosts: is.onDatabaseHost,
      parameters: {
        ...connection,
        SchemaVersion: rds.schemaVersion,
        Checks: rds.checkList,
        StatementTimeoutSeconds: '800',
      },
      executionTimeoutSeconds: 1800,
      keep: (_results, only) => [assign(is.measure, only)],
    }),
    steps.task('Hold the copy against the baseline', databaseTasks['integrity-compare'], {
      run,
      database,
      measure: is.measure,
      baselineTakenAt: rds.baselineTakenAt,
      // A dump is of no moment at which the probe measured.
      exact: false,
      consistencyPercent: description.serviceLevels.consistencyPercent,
    }),
    openTheCopy(steps, 'Open the copy to its logins', 'open-copy'),
    runDocument(steps, 'Log in from a host by the name that the application uses', {
      document: 'try-logins',
      run,
      key: 'try-logins',
      hosts,
      parameters: { ...connection, Endpoint: database.address, Logins: rds.loginList },
      executionTimeoutSeconds: 60,
    }),
  );
}
