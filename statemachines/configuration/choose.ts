import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression } from '../../contract/expressions';
import { configurationTasks } from '../../contract/tasks';
import { runDocument } from '../fragments/document';
import { assign, type Steps } from '../fragments/steps';
import * as is from './values';

/** What is in force, what is stored, what of it is sound. Changes nothing. */
export function chooseTheConfiguration(steps: Steps): IChainable {
  const { run, request, description } = is;
  return steps.sequence(
    runDocument(steps, 'Look at the configuration', {
      document: 'inspect-configuration',
      run,
      key: 'inspect-configuration',
      hosts: is.hosts,
      parameters: { ...is.files, Folder: description.configuration.backupFolder },
      executionTimeoutSeconds: 120,
      keep: (results) => [assign(is.inForce, results)],
    }),
    steps.task(
      'Find the stored versions',
      configurationTasks['configuration-find'],
      { run, request, configuration: description.configuration, hosts: is.inForce },
      (found) => [assign(is.stored, found)],
    ),
    runDocument(steps, 'Examine the versions', {
      document: 'stage-configuration',
      run,
      key: 'examine-versions',
      hosts: is.firstHost,
      parameters: is.store(is.candidates),
      executionTimeoutSeconds: 300,
      keep: (_results, only) => [assign(is.examined, expression<typeof is.examined.yields>(`[${only.versions.body}]`))],
    }),
    steps.task(
      'Choose the version',
      configurationTasks['configuration-choose'],
      { run, request, stored: is.stored, examined: is.examined, hosts: is.inForce },
      (choice) => [assign(is.chosen, choice.chosen)],
    ),
    runDocument(steps, 'Examine it on every host', {
      document: 'stage-configuration',
      run,
      key: 'examine-chosen',
      hosts: is.hosts,
      parameters: is.store(is.chosen.objects),
      executionTimeoutSeconds: 300,
    }),
  );
}

/** The change of some hosts. */
export function placeOn(hosts: ReturnType<typeof expression<string[]>>) {
  const { configuration } = is.description;
  return {
    target: {
      hosts,
      version: is.chosen.version,
      parameters: { ...is.store(is.chosen.objects), Kept: configuration.keptFolder, HealthUrls: is.healthUrls },
      expiresInDays: configuration.keepReplacedDays,
    },
    before: { inForce: is.inForceOn(hosts), kept: is.kept },
  };
}
