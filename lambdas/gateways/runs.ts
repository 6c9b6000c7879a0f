import * as z from 'zod';
import { descriptionSchema, environmentNameSchema } from '../../contract/description';
import { ContractViolationError } from '../../contract/errors';
import {
  instant,
  modeSchema,
  outcomeSchema,
  planNameSchema,
  requestSchema,
  runIdSchema,
  runStatusSchema,
  type Outcome,
} from '../../contract/run';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';
import { ABSENT, deleteItem, getItem, putItem, queryAll, updateItem, type Item } from './table';

/** How far a message is: `sending` is set before it is given to SNS, `sent` when SNS has taken it. */
const messageSchema = z.strictObject({ state: z.enum(['sending', 'sent']), at: instant });

/**
 * The record of a run: item `RUN#<id>`/`RUN`. Beside it lies `OPEN#<environment>`/`<id>` from before the record is made
 * until the run is settled: the sweep's list, without a scan.
 */
export const runRecordSchema = z.strictObject({
  id: runIdSchema,
  environment: environmentNameSchema,
  executionArn: z.string(),
  startedAt: instant,
  /** What was given to the front door, as it came. */
  input: z.unknown(),
  status: runStatusSchema,
  /** Null until the input is accepted, and for ever where it is refused. */
  plan: planNameSchema.nullable(),
  mode: modeSchema,
  request: requestSchema.nullable(),
  description: descriptionSchema.nullable(),
  fencingToken: z.number().int().positive().optional(),
  planExecutionArns: z.array(z.string()).default([]),
  settlement: z.strictObject({ executionArn: z.string(), claimedAt: instant }).optional(),
  /** Settlements that died before this one. */
  deadSettlements: z.array(z.string()).default([]),
  /** The first outcome that was claimed; it stays. */
  outcome: outcomeSchema.optional(),
  /** Since when nothing of the run's plan goes on. */
  quietSince: instant.optional(),
  /** How often a person was asked whether it may go on. */
  asked: z.number().int().optional(),
  sweeps: z.number().int().default(0),
  announced: messageSchema.optional(),
  outcomeSent: messageSchema.optional(),
  /** What the application answered from outside, where it was not healthy after a run that had succeeded. */
  unhealthy: z.string().optional(),
  reportKey: z.string().optional(),
  undoFailed: z.array(z.string()).optional(),
  settledAt: instant.optional(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;
export type NewRun = Pick<RunRecord, 'id' | 'environment' | 'executionArn' | 'startedAt' | 'input'>;

const table = () => environment('runsTable');
const keyOf = (runId: string) => ({ pk: `RUN#${runId}`, sk: 'RUN' });
const openKey = (runId: string) => ({ pk: `OPEN#${environment('environment')}`, sk: runId });

/** The record of a run, or null. */
export async function findRun(runId: string): Promise<RunRecord | null> {
  const item = await getItem(table(), keyOf(runId));
  if (item === undefined) return null;
  const record = Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'pk' && name !== 'sk'));
  return parse(runRecordSchema, record, `the record of ${runId}`);
}

/** The record of a run. @throws ContractViolationError where there is none. */
export async function requireRun(runId: string): Promise<RunRecord> {
  const run = await findRun(runId);
  if (run === null) throw new ContractViolationError(`no run ${runId} is recorded`);
  return run;
}

/**
 * Records a run as running, and before that on the open list: whoever dies in between leaves something to be swept.
 * @returns the record; that of the first call where there is one.
 */
export async function openRun(run: NewRun): Promise<RunRecord> {
  const found = await findRun(run.id);
  if (found !== null) return found;
  await putItem(table(), { ...openKey(run.id), executionArn: run.executionArn, startedAt: run.startedAt });
  const record = { ...run, status: 'running', plan: null, mode: 'live', request: null, description: null };
  await putItem(table(), { ...keyOf(run.id), ...record }, ABSENT);
  return requireRun(run.id);
}

/** The runs that nobody has settled yet, by id, with their executions. */
export async function listOpenRuns(): Promise<{ id: string; executionArn: string }[]> {
  const schema = z.object({ sk: runIdSchema, executionArn: z.string() });
  const items = await queryAll(table(), `OPEN#${environment('environment')}`);
  return items
    .map((item) => parse(schema, item, 'the list of open runs'))
    .map(({ sk, executionArn }) => ({ id: sk, executionArn }));
}

/** Takes a settled run off the open list. */
export const closeRun = (runId: string): Promise<void> => deleteItem(table(), openKey(runId));

type Settable = Omit<RunRecord, 'id' | 'environment' | 'executionArn' | 'startedAt' | 'input'>;

function assignments(fields: Item): { sets: string[]; names: Record<string, string>; values: Item } {
  const entries = Object.entries(fields);
  return {
    sets: entries.map(([name]) => `#${name} = :${name}`),
    names: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
    values: Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
  };
}

/** Sets fields of a run's record. @throws ContractViolationError where no such run is recorded. */
export async function setRun(runId: string, fields: Partial<Settable>): Promise<void> {
  const { sets, names, values } = assignments(fields);
  const update = { expression: `SET ${sets.join(', ')}`, names, values };
  if (!(await updateItem(table(), keyOf(runId), update, 'attribute_exists(pk)'))) {
    throw new ContractViolationError(`no run ${runId} is recorded`);
  }
}

/** Records the run's fencing token; false where settling was claimed before: then the run may not begin any more. */
export function setFencingToken(runId: string, token: number): Promise<boolean> {
  return updateItem(
    table(),
    keyOf(runId),
    { expression: 'SET fencingToken = :token', values: { ':token': token } },
    'attribute_exists(pk) AND attribute_not_exists(settlement)',
  );
}

/**
 * Claims the settling of a run: the one write that decides who settles. The first outcome ever claimed stays.
 * @param insteadOf the execution of a settlement that died; without it nobody may have claimed yet.
 * @returns false where somebody else has it, or it is settled.
 */
export function claimSettling(
  run: RunRecord,
  settlementArn: string,
  outcome: Outcome,
  insteadOf?: string,
): Promise<boolean> {
  const takeOver = insteadOf !== undefined;
  return updateItem(
    table(),
    keyOf(run.id),
    {
      expression: `SET settlement = :mine, #outcome = if_not_exists(#outcome, :outcome)${takeOver ? ', deadSettlements = :dead' : ''}`,
      names: { '#outcome': 'outcome', ...(takeOver ? { '#arn': 'executionArn' } : {}) },
      values: {
        ':mine': { executionArn: settlementArn, claimedAt: new Date().toISOString() },
        ':outcome': outcome,
        ...(takeOver ? { ':dead': [...run.deadSettlements, insteadOf], ':theirs': insteadOf } : {}),
      },
    },
    `attribute_exists(pk) AND attribute_not_exists(settledAt) AND ${takeOver ? 'settlement.#arn = :theirs' : 'attribute_not_exists(settlement)'}`,
  );
}

/** Counts one more settlement started by the sweep; false where another sweep has done so meanwhile. */
export function countSweep(run: RunRecord): Promise<boolean> {
  return updateItem(
    table(),
    keyOf(run.id),
    { expression: 'SET sweeps = :next', values: { ':next': run.sweeps + 1, ':was': run.sweeps } },
    run.sweeps === 0 ? 'attribute_not_exists(sweeps) OR sweeps = :was' : 'sweeps = :was',
  );
}

export type MessageName = 'announced' | 'outcomeSent';

/**
 * Reserves the sending of a message.
 * @param stale a reservation that was not followed by `sent` within its caller's life, which may be taken over.
 */
export function reserveMessage(runId: string, name: MessageName, stale?: RunRecord[MessageName]): Promise<boolean> {
  const value = { ':mine': { state: 'sending', at: new Date().toISOString() } };
  const names = { '#name': name };
  const set = 'SET #name = :mine';
  if (stale === undefined) {
    return updateItem(
      table(),
      keyOf(runId),
      { expression: set, names, values: value },
      'attribute_exists(pk) AND attribute_not_exists(#name)',
    );
  }
  return updateItem(
    table(),
    keyOf(runId),
    { expression: set, names: { ...names, '#at': 'at' }, values: { ...value, ':stale': stale.at } },
    '#name.#at = :stale',
  );
}

/** Gives a reservation back after a message that certainly was not sent. */
export async function dropMessage(runId: string, name: MessageName): Promise<void> {
  await updateItem(table(), keyOf(runId), { expression: 'REMOVE #name', names: { '#name': name } });
}
