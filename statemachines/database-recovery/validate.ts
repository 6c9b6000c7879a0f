import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import { expression, type Expression } from '../../contract/expressions';
import type { IntegrityMeasure } from '../../contract/documents';
import { databaseTasks } from '../../contract/tasks';
import { anHour } from '../fragments/change';
import { runDocument } from '../fragments/document';
import { carryOut } from '../fragments/intention';
import { assign, type Steps } from '../fragments/steps';
import * as intends from './intentions';
import * as is from './values';

/** Proves the copy before anything leads to it: today's logins from the hosts, and its content against the baseline. */
export function validateTheCopy(steps: Steps): IChainable {
  return steps.sequence(
    carryOut(steps, intends.givingTheMasterLogin, anHour),
    proveTheCopy(steps, expression<boolean>("$source.kind = 'point-in-time' and $source.moment = $baselineTakenAt")),
  );
}

/**
 * The same of a database whose master login is known already: `$endpoint`, against the baseline of `$baselineTakenAt`.
 * @param exact whether it is of exactly the baseline's moment
 * @param baseline what was measured of it before, to hold it against instead of what a probe has; where it is null a probe's again
 * @param grantees who may connect to it, separated by blanks
 */
export function proveTheCopy(
  steps: Steps,
  exact: Expression<boolean>,
  baseline?: Expression<IntegrityMeasure> | Expression<IntegrityMeasure | null>,
  grantees: Expression<string> = is.granteeList,
): IChainable {
  const { run, description } = is;
  return steps.sequence(
    runDocument(steps, 'Open the copy to its logins', {
      document: 'open-database',
      run,
      key: 'open-replacement',
      hosts: is.firstHost,
      parameters: { ...is.parametersFor(is.endpoint), Grantees: grantees },
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
      ...(baseline === undefined ? {} : { baseline }),
      exact,
      consistencyPercent: description.serviceLevels.consistencyPercent,
    }),
  );
}
