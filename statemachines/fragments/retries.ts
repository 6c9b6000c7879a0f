import { Duration } from 'aws-cdk-lib';
import { JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { errorNames } from '../../contract/errors';

/** What Step Functions reports where the Lambda service itself, not the function, failed (Step Functions guide, Handle transient Lambda service exceptions). */
const lambdaService = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.TooManyRequestsException',
  'Sandbox.Timedout',
];

/** What passes by itself: AWS behind a function, or Lambda, asked to try again. */
export const passing: readonly string[] = [...errorNames('transient'), ...lambdaService];

/**
 * Throttling and transient errors, of AWS behind a function or of Lambda itself. Waits of at most 2 + 4 + 8 + 16 + 20 s:
 * 50 seconds in all, each drawn between 0 and its length (full jitter), so that many runs do not come back together.
 * Every task is idempotent (contract/tasks), so a call whose answer was lost may be repeated.
 * Permanent errors are in no policy: they are never retried.
 */
export const transient: RetryProps = {
  errors: [...passing],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 5,
  maxDelay: Duration.seconds(20),
  jitterStrategy: JitterType.FULL,
};

/**
 * Starting another machine and waiting for it: only what Step Functions itself asks to repeat. At most
 * 5 + 10 + 20 = 35 seconds of waiting. The nested execution has an explicit name, so a repeated start finds the first.
 */
export const nestedStart: RetryProps = {
  errors: [
    'StepFunctions.SdkClientException',
    'StepFunctions.ServiceUnavailable',
    'StepFunctions.TooManyRequestsException',
  ],
  interval: Duration.seconds(5),
  backoffRate: 2,
  maxAttempts: 3,
  jitterStrategy: JitterType.FULL,
};

/**
 * A call that Step Functions makes of AWS itself: what passes by itself, as its integration names it. Waits of at most
 * 2 + 4 + 8 = 14 seconds in all, each drawn between 0 and its length.
 */
export const awsSdk: RetryProps = {
  errors: ['Iam.ServiceFailureException', 'Iam.SdkClientException', 'Iam.ThrottlingException'],
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxAttempts: 3,
  jitterStrategy: JitterType.FULL,
};
