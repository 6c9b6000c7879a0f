import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression } from '../../contract/expressions';
import { databaseTasks } from '../../contract/tasks';
import { assign, type Steps } from '../fragments/steps';
import * as is from './values';

/** What there is to recover from, and which of it, to which moment. Changes nothing. */
export function chooseSourceAndMoment(steps: Steps): IChainable {
  const { run, description } = is;
  return steps.sequence(
    steps.task(
      'Look at the database and its backups',
      databaseTasks['source-inspect'],
      { run, database: description.database },
      (found) => [assign(is.current, found.current), assign(is.sources, found.sources)],
    ),
    steps.task(
      'Choose source and moment',
      databaseTasks['source-choose'],
      {
        run: is.run,
        request: is.request,
        objective: is.description.objective,
        current: is.current,
        sources: is.sources,
      },
      (chosen) => [
        assign(is.source, chosen.source),
        assign(is.predictedLossSeconds, chosen.predictedLossSeconds),
        assign(is.baselineTakenAt, chosen.baselineTakenAt),
        assign(is.baselineThrough, expression<Record<string, string>>(chosen.baselineThrough.body)),
      ],
    ),
  );
}

/**
 * A restore by RDS takes 10 to 20 minutes whatever its size, since the data is loaded when it is first touched (RDS guide,
 * Restoring a DB instance); checks and first backup come to about 10 more. The services stand still from the beginning
 * until the cut-over; "latest" waits until the restorable time has passed the fence, which trails by about 5 minutes.
 */
export const predicts = {
  durationSeconds: expression<number>("1800 + ($source.moment = 'latest' ? 300 : 0)"),
  downtimeSeconds: expression<number>("1200 + ($source.moment = 'latest' ? 300 : 0)"),
  lossSeconds: is.predictedLossSeconds,
  because:
    'a restore by RDS takes 10 to 20 minutes, and the services stand still while it runs; the loss is counted from the chosen moment to now',
};
