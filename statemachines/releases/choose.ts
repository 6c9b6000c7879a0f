import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression } from '../../contract/expressions';
import { releaseTasks } from '../../contract/tasks';
import { batches } from '../fragments/batches';
import { runDocument } from '../fragments/document';
import { assign, type Steps } from '../fragments/steps';
import * as is from '../fragments/values';
import * as the from './values';

/** Which release, and whether there is such a one. Changes nothing. */
export function chooseTheRelease(steps: Steps, purpose: the.Purpose): IChainable {
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
  );
}

/** The gate: the schemas that the release works with against the one that the database has. */
export function theSchemaFits(
  steps: Steps,
  { again, at = {} }: { readonly again: boolean; readonly at?: Partial<typeof the.databaseParameters> },
): IChainable {
  return steps.sequence(
    runDocument(steps, again ? 'Ask again for the schema' : 'Ask the database for its schema', {
      document: 'inspect-schema',
      run: is.run,
      key: again ? 'inspect-schema-again' : 'inspect-schema',
      hosts: is.firstHost,
      parameters: { ...the.databaseParameters, ...at },
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

/** The release in a folder of its own on every host, built and checked; what serves is not touched. */
export function prepareTheRelease(steps: Steps): IChainable {
  return runDocument(steps, 'Prepare the release on every host', {
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
  });
}
