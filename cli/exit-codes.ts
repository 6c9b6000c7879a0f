import type { Report } from '../contract/report';
import { levelOf } from '../report';

/** What the exit code of every verb means; shown in `--help`. */
export const exitCodes = {
  done: { code: 0, means: 'done, inside all objectives and budgets' },
  failed: { code: 1, means: 'failed' },
  usage: { code: 2, means: 'wrong usage, nothing was started' },
  missed: { code: 3, means: 'done, but a check, an objective or a budget was missed or could not be judged' },
  needsPerson: { code: 4, means: 'needs a person to decide, nothing was changed' },
  refused: { code: 5, means: 'refused (lease, guard, stale), nothing was changed' },
  watchTimedOut: { code: 6, means: 'watching timed out, the run goes on' },
  interrupted: { code: 130, means: 'interrupted with Ctrl-C' },
} as const;
export type ExitReason = keyof typeof exitCodes;

/** Refusals that end when a person says more: which moment, and how much may be lost. */
const forPersons: readonly (string | undefined)[] = [
  'EvidenceMissingError',
  'RolledBackAlreadyError',
  'PredictedLossExceededError',
  'LossNotAcceptedError',
];

/** The exit code of a run, from its report. */
export function exitCodeOf(report: Report): number {
  switch (levelOf(report)) {
    case 'passed':
      return exitCodes.done.code;
    case 'missed':
    case 'unproved':
      return exitCodes.missed.code;
    case 'refused':
      if (report.error === 'InvalidInputError') return exitCodes.usage.code;
      return forPersons.includes(report.error) ? exitCodes.needsPerson.code : exitCodes.refused.code;
    case 'failed':
      return exitCodes.failed.code;
  }
}

export const exitCodeHelp = (): string =>
  ['Exit codes:', ...Object.values(exitCodes).map(({ code, means }) => `  ${String(code).padStart(3)}  ${means}`)].join(
    '\n',
  );
