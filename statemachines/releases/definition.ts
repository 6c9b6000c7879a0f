import { Duration } from 'aws-cdk-lib';
import { Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression } from '../../contract/expressions';
import { releaseTasks } from '../../contract/tasks';
import { askEachHost, awaitHealth, resumeAutoScaling, suspendAutoScaling, suspending } from '../fragments/application';
import { batches, standingBy } from '../fragments/batches';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { runDocument } from '../fragments/document';
import { failurePath } from '../fragments/failure';
import { bootRelease, bootReleaseIntends, inspectTemplate } from '../fragments/instances';
import { resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions } from '../fragments/steps';
import * as is from '../fragments/values';
import type { MachineDefinition } from '../machine';
import { switchBatchAfterBatch, switching } from './batches';
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
        inspectTemplate(steps),
      ),
      intends: [suspending, standingBy, switching(is.hosts), ...bootReleaseIntends({ release: the.release })],
      predicts: {
        // Two minutes to build; each batch drains for 300 s (ELB's default) and comes back.
        durationSeconds: expression<number>('120 + 420 * $count([$batches])'),
        downtimeSeconds: expression<number>('$count([$hosts]) > 1 ? 0 : 5'),
        lossSeconds: 0,
        because:
          'a target drains for 300 s by default; a restart takes seconds, and only a host that is alone stays in service',
      },
      work: steps.sequence(
        // What takes long, and what most often fails, before anything that serves is touched.
        runDocument(steps, 'Prepare the release on every host', {
          document: 'prepare-release',
          run: is.run,
          key: 'prepare-release',
          hosts: is.hosts,
          parameters: { ...the.where, Release: the.release, Artefacts: the.artefacts, Carried: the.carried },
          executionTimeoutSeconds: 1800,
          keep: (results, only) => [
            assign(
              the.folders,
              expression<Record<string, string>>(
                `$merge([$map(${results.body}, function($each) {{$each.host: $each.result.folder}})])`,
              ),
            ),
            assign(the.schema, only.schema),
          ],
        }),
        // Asked again: a migration may have run, and the release's own word is known for certain only now.
        theSchemaFits(steps, { again: true }),
        suspendAutoScaling(steps),
        switchBatchAfterBatch(steps),
        askEachHost(steps),
        awaitHealth(steps),
        // While nothing can be launched: a group that grew from here on would grow by what was taken back.
        bootRelease(steps, { release: the.release }),
        resumeAutoScaling(steps),
        Succeed.jsonata(scope, 'The release serves on every host', { outputs: { release: the.release.toString() } }),
      ),
    }),
  };
}

/** Which release, whether there is such a one, and whether it works with the database. Changes nothing. */
function chooseTheRelease(steps: Steps, purpose: 'recover' | 'roll-back'): IChainable {
  const { run, request, description } = is;
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
    steps.task(
      'Choose the release',
      releaseTasks['release-choose'],
      {
        run,
        request,
        purpose,
        releases: description.releases,
        serviceLevels: description.serviceLevels,
        inspected: the.inspected,
      },
      (chosen) => [
        assign(the.release, chosen.release),
        assign(the.serving, expression<the.Serving>(chosen.serving.body)),
        assign(batches, chosen.batches),
        // Known once the release is prepared.
        assign(the.folders, expression<Record<string, string>>('{}')),
      ],
    ),
    runDocument(steps, 'Look for the release', {
      document: 'find-release',
      run,
      key: 'find-release',
      hosts: is.hosts,
      parameters: { ...the.where, Release: the.release, Artefacts: the.artefacts },
      executionTimeoutSeconds: 120,
      keep: (_results, only) => [assign(the.schema, only.schema)],
    }),
    theSchemaFits(steps, { again: false }),
  );
}

/** The gate: the schemas that the release works with against the one that the database has. */
function theSchemaFits(steps: Steps, { again }: { readonly again: boolean }): IChainable {
  return steps.sequence(
    runDocument(steps, again ? 'Ask again for the schema' : 'Ask the database for its schema', {
      document: 'inspect-schema',
      run: is.run,
      key: again ? 'inspect-schema-again' : 'inspect-schema',
      hosts: is.firstHost,
      parameters: the.databaseParameters,
      executionTimeoutSeconds: 60,
      keep: (_results, only) => [assign(the.versions, expression<string[]>(`[${only.versions.body}]`))],
    }),
    steps.task(
      again ? 'Hold the release against the schema again' : 'Hold the release against the schema',
      releaseTasks['schema-gate'],
      { run: is.run, release: the.release, schema: the.schema, versions: the.versions, mayBeUnknown: !again },
    ),
  );
}
