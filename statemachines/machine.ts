import type { Duration } from 'aws-cdk-lib';
import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';

/** A definition: only the flow. lib/machines.ts gives it a role, a log, tracing and a name. */
export interface MachineDefinition {
  /** What the console shows of it first: what it does and the smallest useful input. */
  readonly comment: string;
  readonly start: IChainable;
  /** The longest that a run may take. */
  readonly timeout: Duration;
}
