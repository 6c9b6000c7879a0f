import type { Report } from '../contract/report';
import { total } from './spans';
import { count, duration } from './text';

/** How a run came out, worst first. `unproved` means done, but an objective could not be judged. */
export const verdictLevels = ['failed', 'refused', 'missed', 'unproved', 'passed'] as const;
export type VerdictLevel = (typeof verdictLevels)[number];

/** Each level as a word, for people who see no colour. */
export const verdictWords: Readonly<Record<VerdictLevel, string>> = {
  failed: 'FAILED',
  refused: 'REFUSED',
  missed: 'DONE, BUT MISSED',
  unproved: 'DONE, NOT ALL PROVED',
  passed: 'PASSED',
};

/** What a report says is wrong, by level, each a clause of a sentence. */
function findings(report: Report): { level: VerdictLevel; clause: string }[] {
  if (report.mode === 'rehearse') return rehearsed(report);
  const found: { level: VerdictLevel; clause: string }[] = [];
  const say = (level: VerdictLevel, clause: string) => found.push({ level, clause });
  if (report.undoFailed.length > 0)
    say(
      'failed',
      `${count(report.undoFailed.length, 'change')} could not be taken back (${report.undoFailed.join(', ')})`,
    );
  if (report.status === 'succeeded' && report.health?.healthy === false)
    say('failed', `the application is not healthy from outside (${report.health.detail})`);
  const rows = report.observation?.rows;
  if (rows && rows.missing > 0)
    say(
      'missed',
      `${count(rows.missing, 'row')} that should be in the copy ${rows.missing === 1 ? 'is' : 'are'} missing`,
    );
  if (rows && rows.extra > 0)
    say('missed', `${count(rows.extra, 'row')} in the copy ${rows.extra === 1 ? 'was' : 'were'} never acknowledged`);
  const failedChecks = report.checks.filter((check) => check.status === 'failed');
  if (failedChecks.length > 0)
    say(
      'missed',
      `${count(failedChecks.length, 'check')} failed (${failedChecks.map((check) => check.name).join(', ')})`,
    );
  const objectives = [
    { name: 'recovery time', ...report.objectives.rto },
    { name: 'data loss', ...report.objectives.rpo },
  ];
  for (const { name, actual, target, met } of objectives)
    if (met === false && actual && target !== null)
      say('missed', `${name} ${duration(total(actual))}, objective ${duration(target)}`);
  for (const budget of report.budgets)
    if (!budget.met) {
      const amount = (n: number) => (budget.unit === 'seconds' ? duration(n) : `${n} ${budget.unit}`);
      const actual = budget.actual === null ? 'not counted' : amount(budget.actual);
      say('missed', `${budget.name} ${actual}, budget ${amount(budget.budget)}`);
    }
  for (const { name, met, because } of objectives)
    if (met === null) say('unproved', `${name} cannot be judged: ${because ?? 'no figure'}`);
  const unknown = report.checks.filter((check) => check.status === 'not-checkable');
  if (unknown.length > 0) say('unproved', `${count(unknown.length, 'check')} could not be made`);
  return found;
}

/** What stands against a live run, by a rehearsal. What cannot be checked beforehand is told and is no finding. */
function rehearsed(report: Report): { level: VerdictLevel; clause: string }[] {
  const failed = report.checks.filter((check) => check.status === 'failed').length;
  if (failed === 0) return [];
  return [{ level: 'missed', clause: `${failed} of ${count(report.checks.length, 'check')} failed` }];
}

/** A rehearsal in a sentence: whether the plan could run now. */
function rehearsalVerdict(report: Report): string {
  const all = count(report.checks.length, 'check');
  const of = (status: string) => report.checks.filter((check) => check.status === status).length;
  const unknown = of('not-checkable') === 0 ? '' : `, ${of('not-checkable')} cannot be checked`;
  if (of('failed') > 0) return `cannot run now: ${of('failed')} of ${all} failed${unknown}; nothing was changed`;
  return `can run now: ${of('passed')} of ${all} passed${unknown}; nothing was changed`;
}

/** The level of a report. Nothing that was not measured counts as passed. */
export function levelOf(report: Report): VerdictLevel {
  if (report.status === 'rejected' || report.status === 'denied') return 'refused';
  if (report.status !== 'succeeded') return 'failed';
  const levels = new Set(findings(report).map(({ level }) => level));
  return verdictLevels.find((level) => levels.has(level)) ?? 'passed';
}

/** One sentence that says what came of the run, the worst first. */
export function verdictOf(report: Report): string {
  const level = levelOf(report);
  const found = findings(report);
  if (level === 'refused') return sentence(`Refused${named(report.error)}, nothing was changed`);
  if (report.status !== 'succeeded') {
    const kept = report.kept.length > 0 ? `, ${report.kept.length} kept` : '';
    const made = report.changes.filter((change) => change.state !== 'not-applied').length;
    const undone = report.changes.filter((change) => change.state === 'undone').length;
    const where = report.failedStep ? ` at ${report.failedStep}` : '';
    const word = report.status === 'aborted' ? 'Aborted' : 'Failed';
    const after = report.pointOfNoReturnPassed ? ', after its point of no return: a person is needed' : '';
    const worst = found.filter(({ level: of }) => of === 'failed').map(({ clause }) => clause);
    const put = `${count(made, 'change')} made, ${undone} taken back${kept}`;
    return sentence([`${word}${where}${named(report.error)}${after}`, ...worst, put].join('; '));
  }
  if (report.mode === 'rehearse') return sentence(rehearsalVerdict(report));
  const worst = found.filter((finding) => finding.level === level).map(({ clause }) => clause);
  if (worst.length > 0) return sentence((level === 'failed' ? worst : [...worst, recovered(report)]).join('; '));
  return sentence(recovered(report));
}

function recovered(report: Report): string {
  const { rto, rpo } = report.objectives;
  const time = rto.actual ? ` in ${duration(total(rto.actual))}` : '';
  const rows = report.observation?.rows;
  const lost = rows
    ? ` with ${rows.lost === 0 ? 'no row' : count(rows.lost, 'row')} lost`
    : rpo.actual
      ? ` with at most ${duration(total(rpo.actual))} of data lost`
      : '';
  const objective = rto.target === null ? '' : `; objective ${duration(rto.target)}`;
  return `${report.application.title} recovered${time}${lost}${objective}`;
}

const named = (error: string | undefined): string => (error ? ` (${error})` : '');
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
