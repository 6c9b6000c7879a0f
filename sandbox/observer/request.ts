/** One request as a new user's browser makes it: a connection of its own, so that no broken one is ever used again. */
import * as http from 'node:http';
import type { Request } from './subject';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * @param base address of the application
 * @param milliseconds the longest time until the whole answer is there, after which the request fails
 * @throws the connection's error, or an error that names the time-out
 */
export async function send(base: URL, request: Request, milliseconds: number): Promise<Answer> {
  const signal = AbortSignal.timeout(milliseconds);
  try {
    return await exchange(base, request, signal);
  } catch (error) {
    if (signal.aborted) throw new Error(`no answer within ${milliseconds} ms`, { cause: error });
    throw error;
  }
}

function exchange(base: URL, request: Request, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(new URL(request.path, base), {
      method: request.method,
      agent: false,
      signal,
      headers: request.body === undefined ? {} : { 'content-type': 'application/json' },
    });
    outgoing.once('error', reject);
    outgoing.once('response', (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (part: string) => {
        body += part;
      });
      incoming.once('error', reject);
      incoming.once('end', () => {
        resolve({ status: incoming.statusCode ?? 0, body });
      });
    });
    outgoing.end(request.body);
  });
}
