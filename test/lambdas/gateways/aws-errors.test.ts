import { ContractViolationError, RestoreFailedError } from '../../../contract/errors';
import { callAws, isAwsError } from '../../../lambdas/gateways/aws-errors';

const awsError = (name: string, more: object = {}) => Object.assign(new Error('the words of AWS'), { name, ...more });
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

test('gives what the call gives', async () => {
  await expect(callAws('rds:X', () => Promise.resolve(7))).resolves.toBe(7);
});

test.each([
  [awsError('ThrottlingException'), 'ThrottledError'],
  [awsError('SlowDown'), 'ThrottledError'],
  [awsError('Odd', status(429)), 'ThrottledError'],
  [awsError('InternalFailure'), 'ServiceUnavailableError'],
  [awsError('Odd', status(503)), 'ServiceUnavailableError'],
  [awsError('Error', { code: 'ECONNRESET' }), 'ServiceUnavailableError'],
  [awsError('TimeoutError'), 'ServiceUnavailableError'],
  [awsError('AccessDenied'), 'AccessDeniedError'],
  [awsError('AccessDeniedException'), 'AccessDeniedError'],
  [awsError('UnauthorizedOperation'), 'AccessDeniedError'],
  [awsError('InvalidParameterValue', status(400)), 'AwsRefusedError'],
])('%o becomes %s', async (error, name) => {
  await expect(callAws('rds:Describe orders', () => Promise.reject(error))).rejects.toMatchObject({
    name,
    message: `rds:Describe orders: ${error.name}: the words of AWS`,
    cause: error,
  });
});

test('looks at the errors known to the caller first', async () => {
  const known = { ThrottlingException: (cause: Error) => new RestoreFailedError('mine', { cause }) };
  const error = awsError('ThrottlingException');
  await expect(callAws('rds:X', () => Promise.reject(error), known)).rejects.toMatchObject({
    name: 'RestoreFailedError',
    cause: error,
  });
});

test('leaves our own errors alone and takes what is no error', async () => {
  const own = new ContractViolationError('x');
  await expect(callAws('rds:X', () => Promise.reject(own))).rejects.toBe(own);
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- that is the case
  await expect(callAws('rds:X', () => Promise.reject('text'))).rejects.toMatchObject({ name: 'AwsRefusedError' });
});

test('tells errors by name', () => {
  expect(isAwsError(awsError('A'), 'A')).toBe(true);
  expect(isAwsError(awsError('A'), 'B')).toBe(false);
  expect(isAwsError({ name: 'A' }, 'A')).toBe(false);
});
