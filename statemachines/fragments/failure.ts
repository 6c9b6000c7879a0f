import { Fail, type IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { variable } from '../../contract/expressions';
import type { Failed } from './steps';

/** The one end of everything that fails in a machine: it fails with the error and the cause that were caught. */
export function failurePath(scope: Construct, name: string): IChainable {
  const failure = variable<Failed>('failure');
  return Fail.jsonata(scope, name, { error: failure.Error.toString(), cause: failure.Cause.toString() });
}
