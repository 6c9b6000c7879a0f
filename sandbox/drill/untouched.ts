import type { Check } from '../../contract/run';
import type { CallRecord } from '../identity';
import { differences } from './differences';
import type { Footprint } from './footprint';

/** Calls that change nothing by their kind. */
const reading = /^(Describe|Detect|List|Get|Simulate|BatchGet|Query|Head)/;
/** What a run writes down about itself, wherever it goes. */
const bookkeeping = new Set([
  'DynamoDB PutItem',
  'DynamoDB UpdateItem',
  'DynamoDB DeleteItem',
  'S3 PutObject',
  'SNS Publish',
  'CloudWatch PutMetricData',
  'Lambda Invoke',
  'SFN StartExecution',
  // Documents that change nothing: sending any other is refused to a rehearsal (lambdas/run/commands.ts).
  'SSM SendCommand',
  'SSM CancelCommand',
]);

/** Calls of AWS by Lifeboat that would have changed something that it protects. */
export function changingCalls(calls: readonly CallRecord[]): string[] {
  const changing = calls.filter(
    ({ service, operation, outcome }) =>
      outcome !== 'denied' &&
      operation !== 'Deliver' &&
      !reading.test(operation) &&
      !bookkeeping.has(`${service} ${operation}`),
  );
  return [...new Set(changing.map(({ service, operation }) => `${service} ${operation}`))];
}

/** A rehearsal has to have changed nothing: found by comparing everything, and by what was called. */
export function untouched(before: Footprint, after: Footprint, calls: readonly CallRecord[]): Check {
  const changed = [...differences(before, after, []), ...changingCalls(calls)];
  return {
    name: 'nothing was changed',
    status: changed.length === 0 ? 'passed' : 'failed',
    expected: `${Object.keys(before).length} resources, files and databases as before, and no changing call`,
    actual:
      changed.length === 0
        ? `all of ${Object.keys(after).length} as before, ${calls.length} calls read`
        : changed.slice(0, 5).join('; '),
    evidence: "the sandbox's own comparison",
  };
}
