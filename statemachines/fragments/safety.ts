import { SAFETY_SNAPSHOT_KEY } from '../../contract/changes';
import { expression, type Input } from '../../contract/expressions';
import { intend } from './intention';

/** As the other names that runs make: known to policies before it exists. */
export const safetySnapshot = expression<string>(
  "('lifeboat-' & $run.environment & '-safety-' & $substring($hash($run.id, 'SHA-256'), 0, 12))",
);

/** A snapshot of an RDS instance as it is, behind its fence: what is done to the data afterwards can be had back from it. It stays. */
export const takingTheSafetySnapshot = (instance: Input<string>) =>
  intend('first-backup', {
    step: 'Take the safety snapshot',
    key: SAFETY_SNAPSHOT_KEY,
    target: { instance, snapshot: safetySnapshot },
  });
