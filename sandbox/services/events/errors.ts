/** An event pattern that EventBridge would refuse, or an operator that is not simulated. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** A schedule expression that is not understood. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}

/** A target or an input transformer that is not simulated. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}
