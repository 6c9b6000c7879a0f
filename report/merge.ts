import type { Budgets, Observation, Previous, Report } from '../contract/report';
import { judge } from './judge';
import { skippingStopwatch, total } from './spans';

/** What a sandbox knows and a report of AWS cannot. */
export interface SandboxEvidence {
  /** Seconds of waiting that the sandbox's clock skipped between two ISO times. */
  readonly skippedBetween: (from: string, to: string) => number;
  readonly observation: Observation | null;
  readonly budgets: Partial<Budgets>;
  readonly standIns: Report['standIns'];
  /** What the sandbox itself found when it looked at what had been damaged. */
  readonly checks?: Report['checks'];
  /** The last drill of this kind. */
  readonly previous?: Previous;
}

/**
 * Adds a sandbox's evidence to a report and judges everything again: each duration becomes measured and skipped seconds,
 * objectives and budgets are judged on the sum, and the verdict follows. Nothing that the machines recorded is changed.
 */
export function mergeSandbox(report: Report, evidence: SandboxEvidence): Report {
  return judge(
    { ...report, standIns: evidence.standIns, checks: [...report.checks, ...(evidence.checks ?? [])] },
    {
      stopwatch: skippingStopwatch(evidence.skippedBetween),
      observation: evidence.observation,
      previous: evidence.previous ?? null,
      budgets: evidence.budgets,
    },
  );
}

/** What the next drill of this kind compares itself with. */
export function previousOf(report: Report): Previous {
  const { rto, rpo } = report.objectives;
  return {
    runId: report.runId,
    endedAt: report.incident.ended,
    recoverySeconds: rto.actual ? total(rto.actual) : null,
    lossSeconds: rpo.actual ? total(rpo.actual) : null,
    downtimeSeconds: report.observation ? total(report.observation.downtime) : null,
  };
}
