import { Duration } from 'aws-cdk-lib';
import { Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression } from '../../contract/expressions';
import { databaseTasks, releaseTasks } from '../../contract/tasks';
import * as database from '../database-recovery/values';
import { closeApplication, openApplication } from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { hours, modification, moments, takeBack } from '../fragments/change';
import { runDocument } from '../fragments/document';
import { failurePath } from '../fragments/failure';
import { fenceInTheDatabase } from '../fragments/fence';
import { carryOut, resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import * as is from '../fragments/values';
import type { MachineDefinition } from '../machine';
import * as the from '../releases/values';
import * as intends from './intentions';
import { measureBehindTheFence } from './measure';

/**
 * Schema rollback (procedures, Rollback Procedures, Database Schema Rollback): only where the release that runs lives with
 * both schemas; writers fenced, a snapshot, then the application's own migrations, out of a release that knows how to undo
 * them. Point of no return: the first migration undone; what it dropped is in the snapshot only.
 */
export function schemaRollback(scope: Construct, functions: Functions): MachineDefinition {
  const steps = new Steps(scope, functions, failurePath(scope, 'The schema was not rolled back'));

  return {
    comment:
      'Rolls the database schema back. Started by the front door only: start `recovery` with {"plan": "schema-rollback", "schemaVersion": "1.2.0"}',
    timeout: Duration.hours(12),
    start: resolveThenWork(steps, {
      resolve: steps.sequence(checkTheRight(steps), findTheHosts(steps), mayTheSchemaGoBack(steps)),
      intends: intends.intentions,
      predicts: {
        durationSeconds: 900,
        downtimeSeconds: 780,
        lossSeconds: 0,
        because:
          'a snapshot of an RDS instance takes about ten minutes, with the application closed; no row is lost but those in what the migrations drop',
      },
      work: steps.sequence(
        runDocument(steps, 'Prepare the release that knows the way', {
          document: 'prepare-release',
          run: is.run,
          key: 'prepare-migrator',
          hosts: is.firstHost,
          // Built on the host in any case: an artefact may hold no migrations.
          parameters: { ...the.where, Release: intends.migrator, Artefacts: '', Carried: the.carried },
          executionTimeoutSeconds: 1800,
          keep: (_results, only) => [assign(intends.migratorFolder, only.folder)],
        }),
        closeApplication(steps, () => [assign(intends.grantees, expression<string[]>('[]'))]),
        fenceInTheDatabase(steps, {
          key: 'inspect-database',
          parameters: the.connectionParameters,
          grantees: intends.grantees,
          fencing: intends.fencing,
        }),
        // An undo holds its copy against this, and counts from what is measured once the migrations are undone.
        measureBehindTheFence(steps, 'fenced', 'what is there'),
        carryOut(steps, intends.backingUp, hours),
        carryOut(steps, intends.rollingBack, modification),
        measureBehindTheFence(steps, 'opening', 'what is left'),
        takeBack(steps, 'Open the database again', 'database-fence', is.run, intends.fencing.key, moments),
        openApplication(steps),
        Succeed.jsonata(scope, 'The schema is rolled back', {
          outputs: { schemaVersion: '{% $request.schemaVersion %}' },
        }),
      ),
    }),
  };
}

/** Whether the schema may go back while this release runs, and out of which release. Changes nothing. */
function mayTheSchemaGoBack(steps: Steps): IChainable {
  const { run, description } = is;
  const version = expression<string>('$request.schemaVersion');
  const known = the.known;
  return steps.sequence(
    runDocument(steps, 'Look at the releases', {
      document: 'inspect-release',
      run,
      key: 'inspect-releases',
      hosts: is.hosts,
      parameters: { ...the.where, HealthUrl: description.hosts.healthUrl, MetricsUrl: description.hosts.metricsUrl },
      executionTimeoutSeconds: 60,
      keep: (results) => [assign(the.inspected, results)],
    }),
    runDocument(steps, 'Ask the database for its schema', {
      document: 'inspect-schema',
      run,
      key: 'inspect-schema',
      hosts: is.firstHost,
      parameters: the.databaseParameters,
      executionTimeoutSeconds: 60,
      keep: (_results, only) => [assign(intends.versions, expression<string[]>(`[${only.versions.body}]`))],
    }),
    runDocument(steps, 'Ask which releases know the way', {
      document: 'list-releases',
      run,
      key: 'list-releases',
      hosts: is.firstHost,
      parameters: { ...the.where, Applied: expression<string>("$join($versions, ' ')"), Version: version },
      executionTimeoutSeconds: 120,
      keep: (_results, only) => [assign(known, expression<the.Known>(only.body))],
    }),
    steps.task(
      'May the schema go back?',
      releaseTasks['schema-choose'],
      {
        run,
        version,
        versions: intends.versions,
        inspected: the.inspected,
        serving: expression<the.Known['serving']>('$known.serving'),
        releases: expression<the.Known['releases']>('[$known.releases]'),
      },
      (chosen) => [
        assign(intends.migrator, chosen.release),
        assign(intends.migratorFolder, chosen.release),
        assign(intends.grantees, expression<string[]>('[]')),
        assign(database.baselineThrough, expression<Record<string, string>>('{}')),
      ],
    ),
    steps.task(
      'Look at the database',
      databaseTasks['source-inspect'],
      { run, database: description.database },
      (found) => [assign(intends.instance, found.current.instanceIdentifier)],
    ),
  );
}
