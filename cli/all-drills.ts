import type { Report } from '../contract/report';
import { levelOf, total, verdictWords } from '../report';
import { exitCodeOf, exitCodes } from './exit-codes';
import { columns, duration, grouped, harmless } from './text';

/** What came of the drill of one plan; one that broke before there was a report has none. */
export interface Drilled {
  readonly plan: string;
  readonly report: Report | null;
  /** Why there is no report. */
  readonly broke: string | null;
  /** How long the whole drill took on this machine. */
  readonly seconds: number;
}

/** The exit code of many drills is that of the worst: failed, then whatever else was not done, then missed. */
export function exitCodeOfAll(drills: readonly Drilled[]): number {
  const codes = drills.map(({ report }) => (report === null ? exitCodes.failed.code : exitCodeOf(report)));
  const worst = [exitCodes.failed, exitCodes.usage, exitCodes.refused, exitCodes.needsPerson, exitCodes.missed];
  return worst.find(({ code }) => codes.includes(code))?.code ?? exitCodes.done.code;
}

/** One table: a line a plan, its result in words, what it cost, its checks, and how long the drill took. */
export function tableOfAll(drills: readonly Drilled[]): string[] {
  const head = ['plan', 'result', 'recovery time', 'downtime', 'rows lost', 'checks', 'drill took'];
  const rows = drills.map(({ plan, report, seconds }) => {
    const took = duration(seconds);
    if (report === null) return [plan, 'BROKE', '', '', '', '', took];
    const { rto } = report.objectives;
    const { observation } = report;
    const passed = report.checks.filter(({ status }) => status === 'passed').length;
    return [
      plan,
      verdictWords[levelOf(report)],
      rto.actual ? duration(total(rto.actual)) : 'no figure',
      observation ? duration(total(observation.downtime)) : 'not counted',
      observation ? grouped(observation.rows.lost + observation.rows.missing) : 'not counted',
      `${passed} of ${report.checks.length}`,
      took,
    ];
  });
  const wrong = drills.flatMap(({ plan, report, broke }) => {
    if (report === null) return [`${plan}: ${harmless(broke ?? 'no report, and no word why')}`];
    return exitCodeOf(report) === exitCodes.done.code ? [] : [`${plan}: ${harmless(report.verdict)}`];
  });
  const done = drills.filter(({ report }) => report !== null && exitCodeOf(report) === exitCodes.done.code).length;
  return [...columns([head, ...rows]), '', ...wrong, `${done} of ${drills.length} plans passed`];
}
