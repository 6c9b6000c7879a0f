import type { Report } from '../contract/report';
import { invocation } from './invocation';
import { levelOf, verdictWords } from '../report';
import { columns, duration, grouped, harmless, spanInWords, utc } from './text';

export interface ReportFiles {
  readonly json: string;
  readonly html: string;
}

/** Which run it is, on everything that a person sees. */
export const where = (report: Report): string =>
  `${report.word} · ${report.environment} (${report.account.alias} …${report.account.id.slice(-4)}) ${report.account.region} · ${report.plan ?? 'no plan'} · ${report.runId}`;

const resultWord = (met: boolean | null | undefined): string =>
  met === undefined ? '' : met === null ? 'not judged' : met ? 'met' : 'MISSED';

/** The result of a run for standard output: the verdict and each figure against its target. */
export function summary(report: Report, files: ReportFiles, left: readonly string[] = []): string[] {
  const { rto, rpo } = report.objectives;
  const { observation } = report;
  const budget = (name: string) => report.budgets.find((of) => of.name === name);
  const target = (seconds: number | null) => (seconds === null ? 'unknown' : duration(seconds));
  const last = (seconds: number | null | undefined) =>
    seconds === null || seconds === undefined ? '' : duration(seconds);
  const figures: string[][] = [
    ['', 'target', 'actual', 'result', 'last drill'],
    [
      'recovery time',
      target(rto.target),
      rto.actual ? spanInWords(rto.actual) : (rto.because ?? 'no figure'),
      resultWord(rto.met),
      last(rto.previous),
    ],
    [
      'data loss',
      target(rpo.target),
      rpo.actual ? spanInWords(rpo.actual) : (rpo.because ?? 'no figure'),
      resultWord(rpo.met),
      last(rpo.previous),
    ],
  ];
  const down = budget('downtime');
  figures.push([
    'downtime',
    down ? duration(down.budget) : 'no budget',
    observation ? spanInWords(observation.downtime) : 'not counted',
    resultWord(down?.met),
    last(report.previous?.downtimeSeconds),
  ]);
  const lost = budget('rows lost');
  const rows = observation
    ? `${grouped(observation.rows.lost)} of ${grouped(observation.rows.expected + observation.rows.lost)}`
    : 'not counted';
  figures.push(['rows lost', lost ? grouped(lost.budget) : 'no budget', rows, resultWord(lost?.met), '']);
  const time = budget('recovery time');
  if (time)
    figures.push([
      'recovery budget',
      duration(time.budget),
      time.actual === null ? 'not counted' : duration(time.actual),
      resultWord(time.met),
      '',
    ]);
  const requests = observation
    ? `${grouped(observation.requests.failed)} of ${grouped(observation.requests.total)}`
    : 'not counted';
  figures.push(['requests failed', '', requests, '', '']);
  const checks = (status: string) => report.checks.filter((check) => check.status === status).length;
  return [
    where(report),
    `${verdictWords[levelOf(report)]}: ${harmless(report.verdict)}`,
    '',
    ...columns(figures),
    '',
    `checks   ${checks('passed')} passed, ${checks('failed')} failed, ${checks('not-checkable')} not checkable`,
    `changes  ${report.changes.length} made, ${taken(report)} taken back, ${report.kept.length} kept`,
    `report   ${files.html}`,
    `         ${files.json}`,
    ...left.map((folder, index) => (index === 0 ? 'files' : '').padEnd(9) + folder),
  ];
}

const taken = (report: Report): number => report.changes.filter(({ state }) => state === 'undone').length;

/** How many lines the end of a failed run may have: what fits under everything else in a small terminal. */
export const FAILURE_LINES = 12;

/**
 * The last lines of a failed run, for standard error: the failed step's full path, cause, tail of its log, what has
 * changed and what became of it, and the next command. At most `FAILURE_LINES`.
 */
export function failure(report: Report, files: ReportFiles): string[] {
  const cause = (report.cause ?? 'no cause was told').split(/\r?\n/).filter((line) => line.trim() !== '');
  const [first = 'no cause was told', ...log] = cause;
  const inForce = report.changes.filter(({ state }) => state !== 'undone' && state !== 'not-applied');
  const kept = report.kept.map(({ what, until }) => `${what}${until ? ` until ${utc(until)}` : ''}`);
  const list = (items: readonly string[]) =>
    items.length === 0
      ? 'none'
      : items.slice(0, 4).join(', ') + (items.length > 4 ? ` and ${items.length - 4} more` : '');
  return [
    `${report.word} ${report.runId} ${report.status.toUpperCase()} at ${report.failedStep ?? 'no step (the run itself ended)'}`,
    `cause      ${report.error ? `${report.error}: ` : ''}${first}`,
    ...(log.length > 0
      ? log.slice(-3).map((line) => `log        ${line}`)
      : ['log        its message is all that it left']),
    `changed    ${report.changes.length} made, ${taken(report)} taken back${report.pointOfNoReturnPassed ? ', the point of no return was passed' : ''}`,
    `in force   ${list(inForce.map(({ key, state }) => `${key} (${state})`))}`,
    `kept       ${list(kept)}`,
    ...(report.undoFailed.length > 0 ? [`NOT UNDONE ${list(report.undoFailed)}`] : []),
    `report     ${files.html}`,
    `next       ${invocation(`${report.plan ? `--plan ${report.plan} ` : ''}--keep`)}    (the same again, and keep everything to look at)`,
  ].map(harmless);
}
