import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { IntegrityMeasure } from '../../contract/documents';
import { variable } from '../../contract/expressions';
import { databaseTasks } from '../../contract/tasks';
import type { RunMoment } from '../../contract/tasks/database';
import { checkList, schemaVersion } from '../database-recovery/values';
import { runDocument } from '../fragments/document';
import { assign, type Steps } from '../fragments/steps';
import * as is from '../fragments/values';
import { connectionParameters } from '../releases/values';

/** Null where it could not be measured. */
const measured = variable<IntegrityMeasure | null>('measured');

/**
 * Measures the database while nobody can write to it, and keeps that with the run, for its undo. A migration may have dropped
 * a table that is measured, and a host may be gone: that must not keep anybody from opening it again.
 */
export function measureBehindTheFence(
  steps: Steps,
  moment: RunMoment,
  what: 'what is there' | 'what is left',
): IChainable {
  const name = `Measure ${what}`;
  const unknown = steps.remember(`${name}: not known`, [assign(measured, null)]);
  const probe = runDocument(steps, name, {
    document: 'probe-integrity',
    run: is.run,
    key: `measure-${moment}`,
    hosts: is.firstHost,
    parameters: {
      ...connectionParameters,
      SchemaVersion: schemaVersion,
      Checks: checkList,
      StatementTimeoutSeconds: '240',
    },
    executionTimeoutSeconds: 600,
    rescue: { errors: ['DocumentFailedError', 'DocumentTimedOutError', 'DatabaseUnreachableError'], to: unknown },
    keep: (_results, only) => [assign(measured, only)],
  });
  const both = { ...probe, endStates: [...probe.endStates, ...unknown.endStates] };
  return steps.sequence(
    both,
    steps.task(`Keep the measure of ${what}`, databaseTasks['measure-record'], {
      run: is.run,
      moment,
      measure: measured,
    }),
  );
}
