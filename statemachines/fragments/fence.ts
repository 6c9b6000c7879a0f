import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { DocumentParameters } from '../../contract/documents';
import type { Expression, Input } from '../../contract/expressions';
import { moments } from './change';
import { runDocument } from './document';
import { carryOut, type Intention } from './intention';
import { assign, type Rescue, type Steps } from './steps';
import * as is from './values';

/** Asks right before who may connect, and fences every writer in the database itself, proved by a write that fails. */
export function fenceInTheDatabase(
  steps: Steps,
  of: {
    /** Of the question in the run. */
    readonly key: string;
    readonly parameters: Input<DocumentParameters<'inspect-database'>>;
    /** The variable that is given who may connect; the intention's state before names it. */
    readonly grantees: Expression<string[]>;
    readonly fencing: Intention<'database-fence'>;
    /** Where the question is asked from; the first host of the application unless given. */
    readonly hosts?: Input<string[]>;
    /** Where to go on when the database cannot be reached. */
    readonly rescue?: Rescue;
  },
): IChainable {
  return steps.sequence(
    runDocument(steps, 'Ask who may connect', {
      document: 'inspect-database',
      run: is.run,
      key: of.key,
      hosts: of.hosts ?? is.firstHost,
      parameters: of.parameters,
      executionTimeoutSeconds: 60,
      ...(of.rescue === undefined ? {} : { rescue: of.rescue }),
      keep: (_results, only) => [assign(of.grantees, only.grantees)],
    }),
    carryOut(steps, of.fencing, moments),
  );
}
