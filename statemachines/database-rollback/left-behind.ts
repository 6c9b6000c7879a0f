import { Fail, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { DocumentParameters, IntegrityMeasure } from '../../contract/documents';
import { PresentStateGoneError } from '../../contract/errors';
import { expression, variable, type Expression, type Input } from '../../contract/expressions';
import { databaseTasks } from '../../contract/tasks';
import * as is from '../database-recovery/values';
import { runDocument } from '../fragments/document';
import { assign, type Steps } from '../fragments/steps';

type Connection = {
  readonly [K in keyof DocumentParameters<'inspect-database'>]: Input<DocumentParameters<'inspect-database'>[K]>;
};

/** Behind the fence, before anything else is done; null where it could not be measured. */
const present = variable<IntegrityMeasure | null>('present');

/**
 * Measures what is there now, with the same keys as the copy will be. It only shows what is left behind: a table that a
 * migration has dropped must not keep anybody from going back.
 */
export function measureThePresentState(
  steps: Steps,
  of: { readonly hosts: Input<string[]>; readonly connection: Connection },
): IChainable {
  const unknown = steps.remember('The present state cannot be measured', [assign(present, null)]);
  const measured = runDocument(steps, 'Measure the present state', {
    document: 'probe-integrity',
    run: is.run,
    key: 'measure-present',
    hosts: of.hosts,
    parameters: {
      ...of.connection,
      SchemaVersion: is.schemaVersion,
      Checks: is.checkList,
      StatementTimeoutSeconds: '240',
    },
    executionTimeoutSeconds: 600,
    rescue: { errors: ['DocumentFailedError', 'DocumentTimedOutError'], to: unknown },
    keep: (_results, only) => [assign(present, only)],
  });
  return { ...measured, endStates: [...measured.endStates, ...unknown.endStates] };
}

/** A rollback leaves a sound present state; where there is none any more it is a recovery that is wanted. */
export function requireAPresentState(steps: Steps, gone: Expression<boolean>, words: Expression<string>): IChainable {
  return steps.either(
    'Is there no present state?',
    gone,
    Fail.jsonata(steps.scope, 'There is no present state', {
      error: new PresentStateGoneError().name,
      cause: `{% ${words.body} & ' Start database-recovery instead. Nothing was changed.' %}`,
    }),
  );
}

/** Table by table, once the copy is measured too and before anything leads to it. */
export function countWhatIsLeftBehind(steps: Steps, keptIn: Expression<string>): IChainable {
  return steps.task('Count what is left behind', databaseTasks['rollback-count'], {
    run: is.run,
    present: expression<IntegrityMeasure | null>('$present'),
    copy: is.measure,
    keptIn,
  });
}
