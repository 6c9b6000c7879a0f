/**
 * What a simulated AWS service is to the rest of the sandbox. The interceptor (sandbox/deployment) hands over each SDK
 * call with the role it was made under; sandbox/identity evaluates that role's policies over `authorize` first, and only
 * then is `perform` called. A service or operation that is not listed is refused by name (`NotSimulatedError`), never
 * answered.
 */
export interface Caller {
  /** ARN of the role whose policies hold. */
  readonly roleArn: string;
  readonly account: string;
  readonly region: string;
}

/** One thing that IAM has to allow for a call; all of them have to be allowed. */
export interface Permission {
  /** e.g. `rds:RestoreDBInstanceToPointInTime` */
  readonly action: string;
  readonly resource: string;
  /** Condition keys with their values, e.g. `{'aws:ResourceTag/lifeboat:hosts': 'x'}`. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export interface Operation {
  /** Which actions on which resources the call needs, as the Service Authorization Reference says. */
  authorize(input: unknown, caller: Caller): readonly Permission[];
  /** Does it; throws `AwsError` as the service would. Has to parse `input` and refuse parameters it does not simulate. */
  perform(input: unknown, caller: Caller): Promise<unknown>;
}

export interface SimulatedService {
  /** The SDK client's name without `Client`: RDS, SSM, ElasticLoadBalancingV2, Route53, AutoScaling, DynamoDB … */
  readonly name: string;
  /** By command name without `Command`. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** What the simulation stands in for and where it differs; the report prints it. */
  readonly standIn: { readonly name: string; readonly instead: string; readonly differs: string };
}

/** A modelled error of an AWS service: `name` is the shape's name as the SDK for JavaScript has it. */
export class AwsError extends Error {
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId: string };
  readonly $fault: 'client' | 'server';
  constructor(
    override readonly name: string,
    message: string,
    httpStatusCode = 400,
  ) {
    super(message);
    this.$fault = httpStatusCode >= 500 ? 'server' : 'client';
    this.$metadata = { httpStatusCode, requestId: 'sandbox' };
  }
}

/** The system under test called something that the sandbox does not know: an error, never a silent success. */
export class NotSimulatedError extends Error {
  override readonly name = 'NotSimulatedError';
}
