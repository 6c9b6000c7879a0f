import {
  AccessDeniedError,
  AwsRefusedError,
  LifeboatError,
  ServiceUnavailableError,
  ThrottledError,
} from '../../contract/errors';

/** Names by which services ask to slow down (the SDK's list in @smithy/service-error-classification, and S3's SlowDown). */
const throttling = new Set([
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
  'TransactionInProgressException',
]);

/** Names and codes of a failure that passes: the service's own, the way to it, time-outs. */
const passing = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'InternalServiceError',
  'NetworkingError',
  'RequestTimeout',
  'RequestTimeoutException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'TimeoutError',
]);

/** Whether something thrown is AWS's error of this name. */
export function isAwsError(error: unknown, name: string): error is Error {
  return error instanceof Error && error.name === name;
}

function httpStatus(error: Error): number {
  if (!('$metadata' in error) || typeof error.$metadata !== 'object' || error.$metadata === null) return 0;
  if (!('httpStatusCode' in error.$metadata)) return 0;
  return typeof error.$metadata.httpStatusCode === 'number' ? error.$metadata.httpStatusCode : 0;
}

function code(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function translate(action: string, error: Error): Error {
  const status = httpStatus(error);
  const words = `${action}: ${error.name}: ${error.message}`;
  const options = { cause: error };
  if (throttling.has(error.name) || status === 429) return new ThrottledError(words, options);
  if (passing.has(error.name) || passing.has(code(error)) || status >= 500) {
    return new ServiceUnavailableError(words, options);
  }
  if (error.name.startsWith('AccessDenied') || error.name === 'UnauthorizedOperation') {
    return new AccessDeniedError(words, options);
  }
  return new AwsRefusedError(words, options);
}

/**
 * Makes one call of AWS and turns what it throws into errors of ours; AWS's error is kept as the cause.
 * @param action what was called, as in a policy, with the resource where it helps: `rds:DescribeDBInstances orders`.
 * @param known errors by AWS's name that mean something to the caller; looked at first.
 * @throws what `known` makes; ThrottledError; ServiceUnavailableError (5xx, network); AccessDeniedError;
 *   AwsRefusedError for every other refusal.
 */
export async function callAws<T>(
  action: string,
  call: () => Promise<T>,
  known: Record<string, (error: Error) => Error> = {},
): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    if (thrown instanceof LifeboatError) throw thrown;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    throw known[error.name]?.(error) ?? translate(action, error);
  }
}
