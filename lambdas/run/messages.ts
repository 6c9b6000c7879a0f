import * as z from 'zod';
import { ServiceUnavailableError } from '../../contract/errors';
import { notify } from '../gateways/notifications';
import { dropMessage, requireRun, reserveMessage, setRun, type MessageName, type RunRecord } from '../gateways/runs';

/** A caller that reserved a message lives at most this long (timeoutSeconds of its task), milliseconds. */
const LIFE = 30_000;

/** What is sent; the subject is at most 99 characters of ASCII. */
export interface Message {
  readonly subject: string;
  readonly text: string;
}

/**
 * Sends a message of a run, once. The reservation is written before SNS is asked and `sent` after it, so that two callers
 * never send at a time. Where a caller died in between, nobody knows whether SNS had taken it: the next one sends it again
 * once the first can no longer live. At least once, then, and twice only in that case: to hear twice that a recovery
 * failed costs a glance, not to hear it costs the night.
 * @returns whether this call sent it.
 * @throws ServiceUnavailableError (to be retried) while another caller may still be sending.
 */
export async function sendOnce(
  runId: string,
  name: MessageName,
  compose: (run: RunRecord) => Message | Promise<Message>,
): Promise<boolean> {
  const run = await requireRun(runId);
  const earlier = run[name];
  if (earlier?.state === 'sent') return false;
  if (earlier !== undefined && Date.now() - Date.parse(earlier.at) < LIFE) {
    throw new ServiceUnavailableError(`another call is sending the message ${name} of ${runId}`);
  }
  const message = await compose(run);
  if (!(await reserveMessage(runId, name, earlier))) {
    throw new ServiceUnavailableError(`another call has begun to send the message ${name} of ${runId}`);
  }
  try {
    await notify(message.subject, message.text);
  } catch (error) {
    // SNS refused it, or could not be asked: the next attempt need not wait.
    await dropMessage(runId, name);
    throw error;
  }
  await setRun(runId, { [name]: { state: 'sent', at: new Date().toISOString() } });
  return true;
}

const lambdaErrorSchema = z.object({ errorMessage: z.string() });
const nestedErrorSchema = z.object({ Cause: z.string() });

/**
 * The cause of an error for people: of Lambda's JSON (errorType, errorMessage, trace) the message alone, also where a nested
 * execution hands it on. Anything else is left as it is.
 */
export function causeInWords(cause: string): string {
  let value: unknown;
  try {
    value = JSON.parse(cause);
  } catch {
    return cause;
  }
  const ofLambda = lambdaErrorSchema.safeParse(value);
  if (ofLambda.success) return ofLambda.data.errorMessage;
  const nested = nestedErrorSchema.safeParse(value);
  return nested.success ? causeInWords(nested.data.Cause) : cause;
}

/** Said in words on everything that a person sees. */
export const wordOf = (run: Pick<RunRecord, 'environment' | 'mode'>): string =>
  run.mode === 'rehearse' ? 'REHEARSAL' : run.environment === 'production' ? 'REAL' : 'DRILL';

/** Where it happens, for a person who has more than one console open. */
export function whereabouts(run: RunRecord): string[] {
  const { description } = run;
  const [, , , region = 'unknown', account = 'unknown'] = run.executionArn.split(':');
  return [
    `Environment: ${run.environment}`,
    `Account:     ${description === null ? account : `${description.accountAlias} (${description.account})`}`,
    `Region:      ${description?.region ?? region}`,
    `Plan:        ${run.plan ?? 'none (the input was refused)'}`,
    `Run:         ${run.id}`,
    `Execution:   ${run.executionArn}`,
  ];
}
