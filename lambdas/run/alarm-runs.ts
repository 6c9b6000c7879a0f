import { createHash } from 'node:crypto';
import { environmentNameSchema, type Description } from '../../contract/description';
import { startExecution } from '../gateways/machines';
import { findRun } from '../gateways/runs';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';
import { joinIncident, lastIncident, openIncident, waitBehind, type Incident, type Rang } from './incidents';
import { readLease } from './lease';

/** A run that was started is recorded within moments; one that is not after so long never was, milliseconds. */
const RECORDED_AFTER = 120_000;

/** `alarm-<time>-<digest>`: the same alarm of the same moment is the same run, however often its event is delivered. */
export function runName(alarm: string, at: string): string {
  const digest = createHash('sha256').update(`${alarm}\n${at}`).digest('hex').slice(0, 8);
  return `alarm-${at.replace(/[-:]/g, '').slice(0, 15)}-${digest}`;
}

/** What CloudWatch says of the reason, as the front door takes it: plain text, not too long. */
const plain = (text: string): string => text.replace(/[<>`$\\]/g, ' ').slice(0, 400);

const start = async (incident: Incident) =>
  await startExecution(environment('recoveryMachineArn'), incident.run, incident.input);

/**
 * Whether an alarm belongs to the last incident: its run goes on, or the alarm rose before that run was settled, and was
 * caused by the fault or by the run itself. One whose run never began is started again, by the same name.
 */
async function joins(last: Incident, at: string): Promise<boolean> {
  const run = await findRun(last.run);
  if (run !== null) return run.settledAt === undefined || Date.parse(at) <= Date.parse(run.settledAt);
  await start(last);
  return Date.now() - Date.parse(last.openedAt) < RECORDED_AFTER;
}

export interface Answer {
  readonly run: string | null;
  readonly started: boolean;
  readonly because: string;
  /** The sweep looks at it again. */
  readonly waits?: true;
}

/**
 * An alarm becomes one run: of the plan that config/ names for it. The same event again, and another alarm for the same plan
 * while the fault lasts, join it. One that rises while another run is on makes no run that would only be refused: it waits, and
 * the sweep asks when that run has ended whether it still rings.
 */
export async function runForAlarm({ alarmTriggers }: Pick<Description, 'alarmTriggers'>, rang: Rang): Promise<Answer> {
  const { alarm, at, reason } = rang;
  const trigger = alarmTriggers.find((each) => each.alarm === alarm);
  if (trigger === undefined) return { run: null, started: false, because: `nothing is configured for ${alarm}` };
  const last = await lastIncident();
  const name = runName(alarm, at);
  if (last !== null && (last.run === name || (await joins(last, at)))) {
    // Where its run was not started (the caller before died), it is now; where it was, this is the same one.
    if (last.run === name && (await findRun(name)) === null) await start(last);
    await joinIncident(last, alarm);
    if (last.input['plan'] === trigger.plan)
      return { run: last.run, started: false, because: `it belongs to the incident of ${last.run}` };
    await waitBehind(last.run, rang);
    const because = `${last.run} may be what it needs; where it still rings when that has ended, ${trigger.plan} starts`;
    return { run: last.run, started: false, because, waits: true };
  }
  const lease = await readLease(
    parse(environmentNameSchema, environment('environment'), 'the name of the environment'),
  );
  if (lease !== null && lease.holder !== '' && trigger.mode === 'live') {
    await waitBehind(lease.holder, rang);
    const because = `${lease.holder} is under way; where it still rings when that has ended, ${trigger.plan} starts`;
    return { run: lease.holder, started: false, because, waits: true };
  }
  const incident: Incident = {
    run: name,
    alarm,
    openedAt: new Date().toISOString(),
    joined: [],
    input: {
      plan: trigger.plan,
      trigger: 'alarm',
      mode: trigger.mode,
      incident: { detected: at, severity: trigger.severity },
      reason: plain(`${alarm}: ${reason}`),
    },
  };
  if (!(await openIncident(incident, last))) {
    const other = (await lastIncident())?.run ?? null;
    return { run: other, started: false, because: 'another alarm of the same moment opened the incident' };
  }
  await start(incident);
  return { run: name, started: true, because: `${alarm} starts ${trigger.plan}` };
}
