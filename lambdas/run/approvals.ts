import { approvalRecordSchema, type ApprovalRecord, type DecisionWord } from '../../contract/approval';
import { betweenRegions, type Description } from '../../contract/description';
import type { PlanName } from '../../contract/plans';
import type { RecoveryRequest } from '../../contract/run';
import { findRun } from '../gateways/runs';
import { ABSENT, putItem, queryAll, updateItem } from '../gateways/table';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';

/**
 * The questions of a run to a person: items `RUN#<run>`/`APPROVAL#<round>` of table `runs`. What was shown, the waiting
 * state's token, and the one decision.
 */
const PREFIX = 'APPROVAL#';
const keyOf = (runId: string, round: number) => ({ pk: `RUN#${runId}`, sk: `${PREFIX}${String(round)}` });
const table = () => environment('runsTable');

export async function listApprovals(runId: string): Promise<ApprovalRecord[]> {
  const items = await queryAll(table(), `RUN#${runId}`, { prefix: PREFIX });
  return items
    .map((item) => parse(approvalRecordSchema, item['approval'], `an approval of ${runId}`))
    .sort((one, other) => one.round - other.round);
}

export async function findApproval(runId: string, round: number): Promise<ApprovalRecord | undefined> {
  return (await listApprovals(runId)).find((each) => each.round === round);
}

/**
 * Records a question. A repeated call (its answer was lost) replaces the token, since only the last one is waited for;
 * the expiry stays the first one's.
 */
export async function putApproval(runId: string, approval: ApprovalRecord): Promise<void> {
  const key = keyOf(runId, approval.round);
  if (await putItem(table(), { ...key, approval }, ABSENT)) return;
  await updateItem(
    table(),
    key,
    {
      expression: 'SET approval.#token = :token',
      names: { '#token': 'token', '#decision': 'decision' },
      values: { ':token': approval.token },
    },
    'attribute_not_exists(approval.#decision)',
  );
}

/** What was decided, by whom and when. */
export interface Deciding {
  readonly decision: DecisionWord;
  readonly by?: string;
  readonly reason?: string;
}

/** Writes the one decision; false where there is one already. */
export function decideApproval(runId: string, round: number, { decision, by, reason }: Deciding): Promise<boolean> {
  const fields: Record<string, string> = {
    decision,
    at: new Date().toISOString(),
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
  };
  const names = Object.keys(fields);
  return updateItem(
    table(),
    keyOf(runId, round),
    {
      expression: `SET ${names.map((name) => `approval.#${name} = :${name}`).join(', ')}`,
      names: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      values: Object.fromEntries(names.map((name) => [`:${name}`, fields[name]])),
    },
    'attribute_exists(pk) AND attribute_not_exists(approval.#decision)',
  );
}

type Rule = Description['approvals'][number];

/**
 * The rule by which a person is asked: one for the incident's severity comes first, then one for every severity. Where
 * nobody told the severity, a rule for some of them counts as well: who configures an approval must not get none.
 */
export function ruleFor(description: Description, request: RecoveryRequest): Rule | null {
  const rules = description.approvals.filter(({ plan }) => plan === request.plan);
  const { severity } = request.incident;
  const named = rules.find(({ severities }) => severity !== undefined && severities?.includes(severity) === true);
  const every = rules.find(({ severities }) => severities === undefined);
  return named ?? every ?? (severity === undefined ? rules[0] : undefined) ?? null;
}

/** Taking back a move between regions is one: a person is asked about it by the rule of the plan that moved. */
async function planAskedAbout({ plan, run }: RecoveryRequest): Promise<PlanName> {
  if (plan !== 'undo' || run === undefined) return plan;
  const undone = (await findRun(run))?.plan;
  return betweenRegions.find((each) => each === undone) ?? plan;
}

/** The same, where the run takes back another one by what that one was. */
export const ruleOf = async (description: Description, request: RecoveryRequest): Promise<Rule | null> =>
  ruleFor(description, { ...request, plan: await planAskedAbout(request) });
