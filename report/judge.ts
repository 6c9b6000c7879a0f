import type { Budgets, Report } from '../contract/report';
import { budgetResults, dataLoss, faultOf, phaseDurations, recoveryTime, type Context } from './objectives';
import { verdictOf } from './verdict';

/**
 * Measures every duration of a report with the context's stopwatch and judges objectives, budgets and verdict on the
 * sums. The one place that does so, for a report of AWS and for one of the sandbox.
 */
export function judge(report: Report, context: Context & { budgets: Partial<Budgets> }): Report {
  const { stopwatch, observation, previous } = context;
  const { detected, ended } = report.incident;
  const fault = faultOf(report, observation);
  const timeline = report.timeline.map((step) => ({
    ...step,
    offset: stopwatch(report.started, step.start),
    duration: stopwatch(step.start, step.end ?? ended),
  }));
  const incident = {
    ...report.incident,
    fault,
    beforeRun: stopwatch(fault ?? detected, report.started),
    duration: stopwatch(fault ?? detected, ended),
  };
  const measured: Report = { ...report, incident, timeline, observation, previous };
  const withObjectives: Report = {
    ...measured,
    phases: phaseDurations(measured, timeline, stopwatch),
    objectives: { rto: recoveryTime(measured, context), rpo: dataLoss(measured, context) },
  };
  const withBudgets: Report = {
    ...withObjectives,
    budgets: budgetResults(context.budgets, withObjectives, observation),
  };
  return { ...withBudgets, verdict: verdictOf(withBudgets) };
}
