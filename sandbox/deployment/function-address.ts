import * as z from 'zod';
import { type FunctionOutcome } from '../services/lambda/functions';
import { type Permission } from '../services/service';

/** A request to a function's address; its signature is the role under which it is made. */
export interface SignedRequest {
  readonly method: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly statusCode: number;
  readonly body: string;
}

/** What a call of an address with auth type AWS_IAM needs (Lambda guide, Control access to function URLs). */
export const addressPermissions = (resource: string): Permission[] => [
  { action: 'lambda:InvokeFunctionUrl', resource, context: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
  { action: 'lambda:InvokeFunction', resource, context: { 'lambda:InvokedViaFunctionUrl': 'true' } },
];

/** The event that the function gets, payload format 2.0. */
export function addressEvent(userArn: string, { method, query, body }: SignedRequest): object {
  return {
    version: '2.0',
    rawPath: '/',
    rawQueryString: new URLSearchParams(query).toString(),
    headers: {},
    ...(query === undefined ? {} : { queryStringParameters: query }),
    requestContext: {
      http: { method, path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'sandbox' },
      authorizer: {
        iam: {
          userArn,
          accountId: userArn.split(':')[4],
          callerId: 'AROASANDBOX:session',
          userId: 'AROASANDBOX:session',
        },
      },
    },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
  };
}

const answerSchema = z.looseObject({ statusCode: z.number().int(), body: z.string() });

/** What the caller gets: a function that fails is a bad gateway. */
export function addressAnswer(outcome: FunctionOutcome): HttpAnswer {
  if (outcome.kind === 'failed') return { statusCode: 502, body: 'Internal Server Error' };
  const { statusCode, body } = answerSchema.parse(JSON.parse(outcome.payload));
  return { statusCode, body };
}
