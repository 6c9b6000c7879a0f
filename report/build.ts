import type { ApprovalRecord } from '../contract/approval';
import * as z from 'zod';
import {
  backupSourceSchema,
  changeKinds,
  recoverySourceSchema,
  SAFETY_SNAPSHOT_KEY,
  type JournalEntry,
} from '../contract/changes';
import { stepPhases } from '../contract/phases';
import type { Rehearsal } from '../contract/rehearsal';
import type { Report } from '../contract/report';
import { judge } from './judge';
import type { ReportMaterial } from './material';
import type { PhaseTable } from './phases';
import { later, noSpan, realStopwatch } from './spans';
import { failedStep, pathOf, timeline } from './timeline';

/**
 * Builds the report of one run from what settling has read. Every duration is measured and none skipped; a sandbox adds
 * what it skipped and what its observer counted with `mergeSandbox`.
 */
export function buildReport(material: ReportMaterial, table: PhaseTable = stepPhases): Report {
  const { run, outcome, description } = material;
  const steps = timeline(material.histories, table);
  const failed =
    outcome.status === 'succeeded' && material.undoFailed.length === 0 ? null : failedStep(steps, outcome.error);
  const ended = [run.endedAt, ...steps.map((step) => step.end ?? run.endedAt)].reduce(later);
  const target = (minutes: number | undefined) => (minutes === undefined ? null : minutes * 60);
  const unjudged = { actual: null, met: null, definition: '' };
  const report: Report = {
    version: 1,
    runId: run.id,
    plan: run.plan,
    mode: run.mode,
    environment: run.environment,
    word: run.mode === 'rehearse' ? 'REHEARSAL' : run.environment === 'production' ? 'REAL' : 'DRILL',
    application: { name: description?.application ?? 'unknown', title: description?.title ?? 'The application' },
    account: accountOf(material),
    trigger: run.trigger,
    ...(run.request.reason === undefined ? {} : { reason: run.request.reason }),
    status: outcome.status,
    verdict: '',
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
    ...(outcome.cause === undefined ? {} : { cause: outcome.cause }),
    ...(failed === null ? {} : { failedStep: pathOf(failed) }),
    started: run.startedAt,
    incident: {
      fault: run.request.incident?.fault ?? null,
      detected: run.request.incident?.detected ?? run.startedAt,
      ended,
      beforeRun: noSpan,
      duration: noSpan,
    },
    restore: restoreOf(material.journal),
    executions: material.histories.map(({ machine, executionArn }) => ({ machine, executionArn })),
    phases: [],
    timeline: steps,
    objectives: {
      rto: { ...unjudged, target: target(description?.objective.rtoMinutes) },
      rpo: { ...unjudged, target: target(description?.objective.rpoMinutes) },
    },
    serviceLevels: description?.serviceLevels ?? null,
    previous: null,
    budgets: [],
    health: material.outside,
    observation: null,
    checks: material.checks,
    decisions: material.decisions,
    changes: [...material.journal].sort((a, b) => a.sequence - b.sequence).map(changeOf),
    pointOfNoReturnPassed: material.pointOfNoReturnPassed,
    kept: keptOf(material),
    ...(material.rehearsal === undefined ? {} : { rehearsal: shown(material.rehearsal) }),
    ...(material.approvals === undefined ? {} : { approvals: material.approvals.map(withoutToken) }),
    undoFailed: material.undoFailed,
    standIns: [],
  };
  return judge(report, { stopwatch: realStopwatch, observation: null, previous: null, budgets: {} });
}

/** The description's account; without one, what the execution's ARN says (arn:aws:states:region:account:…). */
function accountOf({ description, histories }: ReportMaterial): Report['account'] {
  if (description) return { id: description.account, alias: description.accountAlias, region: description.region };
  const [, , , region, id] = (histories[0]?.executionArn ?? '').split(':');
  return { id: id ?? 'unknown', alias: 'unknown', region: region ?? 'unknown' };
}

function changeOf(entry: JournalEntry): Report['changes'][number] {
  return {
    sequence: entry.sequence,
    key: entry.key,
    kind: entry.kind,
    state: entry.state,
    pointOfNoReturn: entry.pointOfNoReturn,
    target: entry.target,
    before: entry.before,
    detail: entry.detail,
    recordedAt: entry.recordedAt,
    ...(entry.undoes === undefined ? {} : { undoes: entry.undoes }),
    ...(entry.undoneAt === undefined ? {} : { undoneAt: entry.undoneAt }),
    ...(entry.error === undefined ? {} : { error: entry.error }),
  };
}

/** What the database was restored from, by the journal; null where no restore was begun. */
function restoreOf(journal: readonly JournalEntry[]): Report['restore'] {
  const entry = journal.find(
    ({ kind, state, undoes }) =>
      (kind === 'database-replacement' || kind === 'side-database') && state !== 'not-applied' && undoes === undefined,
  );
  const parsed = z.object({ source: z.union([recoverySourceSchema, backupSourceSchema]) }).safeParse(entry?.target);
  const promotion = journal.find(({ kind, state }) => kind === 'replica-promotion' && state !== 'not-applied');
  const promoted = changeKinds['replica-promotion'].target.safeParse(promotion?.target);
  const source = parsed.success
    ? parsed.data.source
    : promoted.success && promoted.data.moment !== null
      ? { kind: 'replica', moment: promoted.data.moment }
      : null;
  if (source === null) return null;
  const fences = journal
    .filter(({ kind }) => kind === 'database-fence' || kind === 'network-fence')
    .map(({ confirmedAt }) => confirmedAt)
    .filter((at) => at !== undefined);
  const { kind, moment } = source;
  return { kind, moment, fencedAt: fences.length > 0 ? fences.reduce(later) : null };
}

/** What stays for a while: the replaced instance after a success, the replacement after a failure. */
function keptOf({ journal, outcome }: ReportMaterial): Report['kept'] {
  const inForce = journal.filter(
    ({ state, undoes }) => (state === 'applied' || state === 'confirmed') && undoes === undefined,
  );
  const until = (entry: JournalEntry, days: number) =>
    new Date(Date.parse(entry.confirmedAt ?? entry.recordedAt) + days * 86_400_000).toISOString();
  return inForce.flatMap((entry): Report['kept'] => {
    if (entry.kind === 'kept-instance') {
      const target = changeKinds['kept-instance'].target.safeParse(entry.target);
      if (!target.success) return [{ what: `instance of ${entry.key}`, until: null }];
      return [
        { what: `replaced database instance ${target.data.instance}`, until: until(entry, target.data.expiresInDays) },
      ];
    }
    if (entry.kind === 'database-replacement' && outcome.status !== 'succeeded') {
      const target = changeKinds['database-replacement'].target.safeParse(entry.target);
      if (!target.success) return [{ what: `replacement of ${entry.key}`, until: null }];
      return [
        { what: `restored database instance ${target.data.instance}`, until: until(entry, target.data.expiresInDays) },
      ];
    }
    if (entry.kind === 'first-backup' && entry.key === SAFETY_SNAPSHOT_KEY) {
      const target = changeKinds['first-backup'].target.safeParse(entry.target);
      return [{ what: `backup of the state before, snapshot ${target.data?.snapshot ?? entry.key}`, until: null }];
    }
    return keptOnItsHost(entry, outcome.status, until);
  });
}

/** Its checks stand among the report's. */
function shown({ checks: _checks, ...rehearsal }: Rehearsal): Report['rehearsal'] {
  return rehearsal;
}

function withoutToken({ token: _token, ...approval }: ApprovalRecord): NonNullable<Report['approvals']>[number] {
  return approval;
}

/** The file, once the document has said it. */
function dumped({ detail }: JournalEntry): string | undefined {
  return z.object({ result: z.object({ file: z.string() }) }).safeParse(detail).data?.result.file;
}

/** Of a self-hosted database: its name and, of its backup, the file; the copy where the run did not succeed. */
function keptOnItsHost(
  entry: JournalEntry,
  status: ReportMaterial['outcome']['status'],
  until: (entry: JournalEntry, days: number) => string,
): Report['kept'] {
  const { 'database-swap': swap, 'safety-dump': dump, 'side-database': side } = changeKinds;
  if (entry.kind === 'database-swap') {
    const target = swap.target.safeParse(entry.target);
    return target.success
      ? [{ what: `replaced database ${target.data.kept}`, until: until(entry, target.data.expiresInDays) }]
      : [{ what: `replaced database of ${entry.key}`, until: null }];
  }
  if (entry.kind === 'safety-dump') {
    const target = dump.target.safeParse(entry.target);
    return target.success
      ? [
          {
            what: `backup of the state before, ${target.data.folder}/${dumped(entry) ?? target.data.name}`,
            until: until(entry, target.data.expiresInDays),
          },
        ]
      : [{ what: `backup of ${entry.key}`, until: null }];
  }
  if (entry.kind === 'side-database' && status !== 'succeeded') {
    const target = side.target.safeParse(entry.target);
    return target.success
      ? [{ what: `restored database ${target.data.database}`, until: until(entry, target.data.expiresInDays) }]
      : [{ what: `restored database of ${entry.key}`, until: null }];
  }
  return [];
}
