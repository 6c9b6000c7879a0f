import type { Report } from '../contract/report';
import { inOrderOfConcern, levelOf } from '../report';
import { invocation } from './invocation';
import { where, type ReportFiles } from './summary';
import { cut, duration, harmless, inWords } from './text';

/** A rehearsal fits a small terminal. */
export const REHEARSAL_LINES = 24;
const WIDTH = 100;
const UNCHANGED = ' · nothing was changed';
/** So many of what failed or is unknown, and of the changes, are told; the report has the rest. */
const TOLD = 4;

type Planned = NonNullable<Report['rehearsal']>['changes'][number];

const signs: Readonly<Record<Planned['undo'], string>> = { no: '!!', kept: '+ ', yes: '~ ' };

function changeLine(change: Planned, width: number): string {
  const undo =
    change.undo === 'no' ? 'cannot be undone' : change.undo === 'kept' ? 'stays, the old is kept' : 'undo yes';
  const from = change.before === null ? '' : `${inWords(change.before)} -> `;
  return `  ${signs[change.undo]} ${change.step.padEnd(width)}  ${undo.padEnd(22)}  ${from}${inWords(change.after)}`;
}

const indentOf = (line: string): string => /^ */.exec(line)?.[0] ?? '';

/**
 * A rehearsal for standard output: the verdict and what stands against it, what it would change (first what cannot be
 * undone), what was left out, and the next command. At most `REHEARSAL_LINES`.
 */
export function rehearsalSummary(report: Report, files: ReportFiles, left: readonly string[] = []): string[] {
  const { rehearsal, checks } = report;
  if (rehearsal === undefined) return [];
  const { changes, prediction } = rehearsal;
  const of = (status: string) => checks.filter((check) => check.status === status);
  const [failed, unknown] = [of('failed'), of('not-checkable')];
  const told = (list: typeof checks, word: string) => [
    ...list.slice(0, TOLD).map((check) => `  ${word.padEnd(8)} ${check.name}: ${check.actual}`),
    ...(list.length > TOLD ? [`  ${''.padEnd(8)} and ${list.length - TOLD} more`] : []),
  ];
  const never = changes.filter(({ undo }) => undo === 'no').length;
  const loss = prediction.lossSeconds === null ? 'loss not known' : `loses at most ${duration(prediction.lossSeconds)}`;
  const listed = inOrderOfConcern(changes).slice(0, Math.max(TOLD, never));
  const width = Math.max(0, ...listed.map(({ step }) => step.length));
  const omitted = changes.length - listed.length;
  const passed = of('passed').length;
  const canRun = levelOf(report) === 'passed';
  return [
    // The run's id may go: the report's path has it.
    `${cut(where(report), WIDTH - UNCHANGED.length)}${UNCHANGED}`,
    canRun
      ? `CAN RUN NOW: ${passed} of ${checks.length} checks passed, ${unknown.length} cannot be checked`
      : `CANNOT RUN NOW: ${failed.length} of ${checks.length} checks failed, ${unknown.length} cannot be checked`,
    ...told(failed, 'failed'),
    ...told(unknown, 'unknown'),
    `WOULD CHANGE ${changes.length} · ${never} not undoable · down ${duration(prediction.downtimeSeconds)} · ${loss} · ${duration(prediction.durationSeconds)}`,
    ...listed.map((change) => changeLine(change, width)),
    `  ... ${omitted} more, ${passed} checks passed: all of them in the report`,
    `report   ${files.html}`,
    `         ${files.json}`,
    `next     ${invocation(`--plan ${report.plan ?? ''}`)}    (the same for real, in the sandbox)`,
    ...left.map((folder, index) => (index === 0 ? 'files' : '').padEnd(9) + folder),
  ].map((line) => cut(indentOf(line) + harmless(line), WIDTH));
}
