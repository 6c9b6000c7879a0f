import { InvalidInputError } from '../../contract/errors';
import { planNames, planOf, selfHostedMachine } from '../../contract/plans';
import { requestSchema, type RecoveryRequest } from '../../contract/run';
import { mistakes } from '../runtime/parse';

/** How far the clock of whoever noticed an incident may be ahead, milliseconds. */
const SKEW = 60_000;
const fields = Object.keys(requestSchema.shape).join(', ');
/** What every plan takes. */
const common = ['plan', 'trigger', 'mode', 'incident', 'reason', 'startedBy'];

/**
 * Parses what was given to the front door.
 * @param startedAt when the execution began; no time in the input may lie after it.
 * @throws InvalidInputError naming each field and what it should be.
 */
export function parseRequest(input: unknown, startedAt: string): RecoveryRequest {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidInputError(`the input should be an object such as {"plan": "${planNames[0]}"}`);
  }
  const parsed = requestSchema.safeParse(input);
  if (!parsed.success) {
    throw new InvalidInputError(`${mistakes(parsed.error)} (fields: ${fields})`, { cause: parsed.error });
  }
  const request = parsed.data;
  const now = Date.parse(startedAt);
  const { fault, detected } = request.incident;
  const wrong: string[] = [];
  const taken: readonly string[] = [...common, ...planOf(request.plan).fields];
  for (const field of Object.keys(input)) {
    if (!taken.includes(field)) wrong.push(`${field}: should not be given, it means nothing to ${request.plan}`);
  }
  for (const field of planOf(request.plan).required ?? []) {
    if (!(field in input)) wrong.push(`${field}: should be given, ${request.plan} cannot begin without it`);
  }
  const { oneOf } = planOf(request.plan);
  if (oneOf?.some((field) => field in input) === false) {
    wrong.push(`${oneOf.join(', ')}: one of them should be given, ${request.plan} cannot begin without it`);
  }
  if (request.plan === 'database-rollback' && request.restoreTime === 'latest') {
    wrong.push('restoreTime: should be a time to go back to; the latest state is the present one');
  }
  if (request.source?.backup !== undefined && selfHostedMachine(request.plan) === undefined) {
    wrong.push(`source.backup: should not be given, it means nothing to ${request.plan}`);
  }
  if (request.restoreTime !== undefined && request.source !== undefined) {
    wrong.push('restoreTime, source: should be one of the two, not both');
  }
  if (request.restoreTime !== undefined && request.configurationVersion !== undefined) {
    wrong.push('restoreTime, configurationVersion: should be one of the two, not both');
  }
  if (request.restoreTime !== undefined && request.restoreTime !== 'latest' && Date.parse(request.restoreTime) > now) {
    wrong.push(`restoreTime: should not be in the future; ${request.restoreTime} is after ${startedAt}`);
  }
  for (const [name, time] of Object.entries({ fault, detected })) {
    if (time !== undefined && Date.parse(time) > now + SKEW) {
      wrong.push(`incident.${name}: should not be in the future; ${time} is after ${startedAt}`);
    }
  }
  if (fault !== undefined && detected !== undefined && Date.parse(fault) > Date.parse(detected)) {
    wrong.push(`incident.fault: should not be after incident.detected`);
  }
  if (wrong.length > 0) throw new InvalidInputError(wrong.join('; '));
  return request;
}
