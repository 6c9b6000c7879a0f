/** How long damage may last before the probe's alarm says so, minutes; what is written meanwhile is lost with it. */

/** Three probes in a row: one alone may meet a reboot of a host or a run that holds the lease. */
export const PROBES_IN_A_ROW = 3;

/** CloudWatch evaluates an alarm every minute, and a figure may arrive a minute late (CloudWatch guide, Alarm evaluation). */
const EVALUATED_WITHIN = 2;

/** The probe passed at the very beginning of a period; that one ends, three more have to, and then CloudWatch looks. */
export const alarmLatency = (probeEveryMinutes: number): number =>
  (PROBES_IN_A_ROW + 1) * probeEveryMinutes + EVALUATED_WITHIN;

/** The alarm of the integrity probe, which the stack makes itself (lib/alarms.ts). */
export const probeAlarm = (environment: string): string => `lifeboat-${environment}-probe-not-passed`;
