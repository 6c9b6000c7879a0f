import { incidentTasks } from '../../contract/tasks/incident';
import { readDescription } from '../gateways/parameters';
import { handler as task } from '../runtime/handler';
import { runForAlarm } from './alarm-runs';

/** Starts the plan that config/ names for an alarm that CloudWatch tells of; see `runForAlarm`. */
export const handler = task(incidentTasks['incident-open'], async ({ detail }, { log }) => {
  const { alarmName: alarm, state } = detail;
  const description = await readDescription();
  if (state.value !== 'ALARM')
    return { run: null, started: false, because: `nothing is configured for ${alarm} in the state ${state.value}` };
  const at = new Date(state.timestamp).toISOString();
  const { run, started, because } = await runForAlarm(description, { alarm, at, reason: state.reason ?? 'in ALARM' });
  log.info('an alarm', { alarm, run, started, because });
  return { run, started, because };
});
