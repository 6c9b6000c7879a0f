/** The application from outside, by its public address. */

/** How long an answer may take, milliseconds. */
const TIMEOUT_MS = 10_000;
const DETAIL_LENGTH = 200;

const HEALTH_PATH = '/api/health';

/** The address of the application's health. */
export const healthAddress = (publicUrl: string): string => `${publicUrl.replace(/\/+$/, '')}${HEALTH_PATH}`;

export interface OutsideAnswer {
  readonly healthy: boolean;
  /** Null where nobody answered. */
  readonly status: number | null;
  readonly detail: string;
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // fetch says only "fetch failed"; why is in the cause.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

/**
 * Asks an address once; healthy is 200 to 299. What is wrong is the answer, never thrown.
 * @param timeoutMs for tests
 */
export async function ask(url: string, timeoutMs = TIMEOUT_MS): Promise<OutsideAnswer> {
  try {
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      headers: { 'cache-control': 'no-cache' },
    });
    const text = (await answer.text()).replace(/\s+/g, ' ').trim().slice(0, DETAIL_LENGTH);
    return {
      healthy: answer.ok,
      status: answer.status,
      detail: `${answer.status} ${answer.statusText}${text === '' ? '' : `: ${text}`}`,
    };
  } catch (error) {
    return { healthy: false, status: null, detail: `no answer from ${url}: ${causeOf(error)}` };
  }
}
