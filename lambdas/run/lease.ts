import * as z from 'zod';
import type { EnvironmentName } from '../../contract/description';
import { LeaseHeldError, LeaseLostError } from '../../contract/errors';
import type { RunRef } from '../../contract/run';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';
import { ABSENT, getItem, putItem, queryAll, queryItems, updateItem } from '../gateways/table';

/** A run that acts for another one: `undo` takes back the changes of a finished run under its own lease. */
export interface ActingRun extends RunRef {
  /** The run that has the lease; the run itself where it is absent. */
  readonly by?: string;
}

/**
 * The lease of an environment: item `LEASE#<environment>`/`LEASE` of table `runs`. Its token only ever grows; a released
 * lease keeps it, with nobody as its holder.
 */
const leaseSchema = z.object({
  token: z.number().int().positive(),
  /** The run; empty where nobody holds it. */
  holder: z.string(),
  plan: z.string(),
  takenAt: z.string(),
});
export type Lease = z.infer<typeof leaseSchema>;

const keyOf = (name: string) => ({ pk: `LEASE#${name}`, sk: 'LEASE' });
/** Beside the lease: who took it with which token, which is the order in which runs changed the environment. */
const TAKEN = 'TAKEN#';
const taken = (token: number) => `${TAKEN}${String(token).padStart(12, '0')}`;
const table = () => environment('runsTable');

/** The lease as it is, by a consistent read; null where none was ever taken. */
export async function readLease(name: EnvironmentName): Promise<Lease | null> {
  const item = await getItem(table(), keyOf(name));
  return item === undefined ? null : parse(leaseSchema, item, `the lease of ${name}`);
}

/**
 * Takes the lease for a run; a repeated call by its holder finds what the first one took.
 * @returns the run with its fencing token.
 * @throws LeaseHeldError naming the run that holds it.
 */
export async function takeLease(run: Omit<RunRef, 'fencingToken'>): Promise<RunRef> {
  const took = await updateItem(
    table(),
    keyOf(run.environment),
    {
      expression: 'SET #token = if_not_exists(#token, :none) + :one, holder = :run, #plan = :plan, takenAt = :now',
      names: { '#token': 'token', '#plan': 'plan' },
      values: {
        ':none': 0,
        ':one': 1,
        ':run': run.id,
        ':plan': run.plan,
        ':now': new Date().toISOString(),
        ':nobody': '',
      },
    },
    'attribute_not_exists(pk) OR holder = :nobody',
  );
  const lease = await readLease(run.environment);
  if (lease?.holder === run.id) {
    await putItem(table(), { ...keyOf(run.environment), sk: taken(lease.token), runId: run.id }, ABSENT);
    return { ...run, fencingToken: lease.token };
  }
  const who = lease === null || lease.holder === '' ? 'another run' : `${lease.holder} (${lease.plan})`;
  throw new LeaseHeldError(
    took
      ? `${run.id} took the lease of ${run.environment} and lost it at once to ${who}`
      : `${who} holds the lease of ${run.environment} since ${lease?.takenAt ?? 'a moment ago'}: one run at a time`,
  );
}

/** The runs that took the lease of an environment after this token, in their order. */
export async function runsAfter(name: EnvironmentName, token: number): Promise<string[]> {
  const items = await queryAll(table(), keyOf(name).pk, { prefix: TAKEN });
  return items
    .map((item) => parse(z.object({ sk: z.string(), runId: z.string() }), item, `the order of runs of ${name}`))
    .filter(({ sk }) => sk > taken(token))
    .toSorted((one, other) => (one.sk < other.sk ? -1 : 1))
    .map(({ runId }) => runId);
}

/** The runs that took the lease of an environment, the last one first. */
export async function* runsBackwards(name: EnvironmentName): AsyncGenerator<string> {
  for await (const item of queryItems(table(), keyOf(name).pk, { prefix: TAKEN, backwards: true }))
    yield parse(z.object({ runId: z.string() }), item, `the order of runs of ${name}`).runId;
}

/**
 * Proves that the run holds the lease of its environment, by a consistent read. A rehearsal has none, since it keeps nobody
 * out: whatever changes something refuses it by its mode.
 * @throws LeaseLostError where another run holds it, nobody does, or the fencing token is not the lease's.
 */
export async function verifyLease(run: ActingRun): Promise<void> {
  if (run.mode === 'rehearse') return;
  const lease = await readLease(run.environment);
  const holder = run.by ?? run.id;
  const claim = `${holder} claims the lease of ${run.environment} with token ${run.fencingToken}`;
  if (lease === null) throw new LeaseLostError(`${claim}, which nobody ever took`);
  if (lease.holder !== holder) {
    throw new LeaseLostError(`${claim}, but ${lease.holder === '' ? 'nobody' : lease.holder} holds it`);
  }
  if (lease.token !== run.fencingToken) throw new LeaseLostError(`${claim}, but its token is ${lease.token}`);
}

/**
 * Gives the lease of this function's environment back, where this run holds it.
 * @returns whether it held it; false as well for a repeated call.
 */
export function releaseLease(runId: string): Promise<boolean> {
  return updateItem(
    table(),
    keyOf(environment('environment')),
    { expression: 'SET holder = :nobody', values: { ':nobody': '', ':run': runId } },
    'holder = :run',
  );
}
