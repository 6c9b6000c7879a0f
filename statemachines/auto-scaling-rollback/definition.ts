import { Duration } from 'aws-cdk-lib';
import { Succeed, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { expression, variable } from '../../contract/expressions';
import { instanceTasks, releaseTasks } from '../../contract/tasks';
import { awaitHealth } from '../fragments/application';
import { checkTheRight, findTheHosts } from '../fragments/begin';
import { moments } from '../fragments/change';
import { runDocument } from '../fragments/document';
import { failurePath } from '../fragments/failure';
import {
  instanceKeys,
  keepNewVersion,
  newTemplateVersion,
  newVersion,
  refreshing,
  templateKnown,
} from '../fragments/instances';
import { carryOut, intend, resolveThenWork } from '../fragments/intention';
import { assign, Steps, type Functions, type Patience } from '../fragments/steps';
import * as is from '../fragments/values';
import type { MachineDefinition } from '../machine';
import * as the from '../releases/values';

const source = variable<{ version: string; release: string }>('source');

/** So many questions, one a minute, for all instances of the group. */
const questions = variable<number>('refreshQuestions');
/**
 * Where every instance is replaced by itself, each takes ten minutes (it boots, five checks of 30 s, the old one drains for
 * 300 s) and as long as it is to be warm; and some air. For two that is about 40 minutes, before the hour after which AWS
 * itself gives up on new instances that never become healthy. Then settling goes back.
 */
const enough = expression<number>(
  '20 + $ceil(($count([$hosts]) + $count([$leftOut])) * (600 + $description.refresh.warmupSeconds) / 60)',
);
/** At most ten hours: fifty instances, which is as many as there are in one command. */
const replacing: Patience = { firstSeconds: 15, longestSeconds: 60, rounds: 600, enough: questions };

/**
 * Auto Scaling rollback (procedures, Infrastructure Rollback): new version of the launch template from an earlier one, every
 * instance replaced by one of that version, with automatic rollback; once that succeeded the group names that fixed number
 * (Auto Scaling, DesiredConfiguration: set before, there would be nothing to go back to). Versions before it are kept.
 * No point of no return: every change can be taken back.
 */
export function autoScalingRollback(scope: Construct, functions: Functions): MachineDefinition {
  const failed = failurePath(scope, 'Rollback failed');
  const steps = new Steps(scope, functions, failed);
  const { run, request, description } = is;
  const group = description.autoScalingGroup;

  const cancellation = intend('refresh-cancellation', {
    step: 'Cancel the refresh that runs',
    key: instanceKeys.cancellation,
    target: { group },
    when: refreshing,
  });
  const version = newVersion('Make a launch template version from the earlier one', source.version, null);
  const how = {
    minimumHealthyPercent: description.refresh.minimumHealthyPercent,
    maximumHealthyPercent: description.refresh.maximumHealthyPercent,
    warmupSeconds: description.refresh.warmupSeconds,
  };
  const { id: templateId } = description.launchTemplate;
  const refresh = intend('instance-refresh', {
    step: 'Replace the instances',
    key: instanceKeys.refresh,
    target: { group, templateId, version: newTemplateVersion, ...how },
    // The number is AWS's to give; until then the source's stands for it.
    foreseen: { group, templateId, version: source.version, ...how },
  });

  return {
    comment:
      'Goes back to an earlier version of the launch template and replaces the instances. Started by the front door only: start `recovery` with {"plan": "auto-scaling-rollback"}',
    timeout: Duration.hours(12),
    start: steps.sequence(
      resolveThenWork(steps, {
        resolve: steps.sequence(
          checkTheRight(steps),
          findTheHosts(steps),
          steps.task(
            'Choose the launch template version',
            instanceTasks['template-choose'],
            { run, request, group, launchTemplate: description.launchTemplate },
            (chosen) => [
              ...templateKnown(chosen),
              assign(questions, enough),
              assign(source, expression<{ version: string; release: string }>(chosen.source.body)),
            ],
          ),
          theSchemaFits(steps),
        ),
        intends: [cancellation, version, refresh],
        predicts: {
          durationSeconds: expression<number>('300 + 300 * $count([$hosts])'),
          downtimeSeconds: 0,
          lossSeconds: 0,
          because: 'an instance is launched, healthy and warm before an old one ends; five minutes each',
        },
        work: steps.sequence(
          steps.either('Does a refresh run?', refreshing, carryOut(steps, cancellation, moments)),
          carryOut(steps, version, moments, keepNewVersion),
          carryOut(steps, refresh, replacing),
          awaitHealth(steps),
        ),
      }),
      Succeed.jsonata(scope, 'Rolled back', {
        outputs: { version: newTemplateVersion.toString(), source: source.toString() },
      }),
    ),
  };
}

/** New instances that do not work with the database's schema would never become healthy: a release that cannot say it is refused. */
function theSchemaFits(steps: Steps): IChainable {
  const { run } = is;
  return steps.sequence(
    runDocument(steps, 'Look for the release', {
      document: 'find-release',
      run,
      key: 'find-release',
      hosts: is.firstHost,
      parameters: { ...the.where, Release: source.release, Artefacts: the.artefacts },
      executionTimeoutSeconds: 120,
      keep: (_results, only) => [assign(the.schema, only.schema)],
    }),
    runDocument(steps, 'Ask the database for its schema', {
      document: 'inspect-schema',
      run,
      key: 'inspect-schema',
      hosts: is.firstHost,
      parameters: the.databaseParameters,
      executionTimeoutSeconds: 60,
      keep: (_results, only) => [assign(the.versions, expression<string[]>(`[${only.versions.body}]`))],
    }),
    steps.task('Hold the release against the schema', releaseTasks['schema-gate'], {
      run,
      release: source.release,
      schema: the.schema,
      versions: the.versions,
      mayBeUnknown: false,
    }),
  );
}
