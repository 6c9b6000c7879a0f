import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { setRun } from '../../../lambdas/gateways/runs';
import { runName } from '../../../lambdas/run/alarm-runs';
import { handler as incidentOpen } from '../../../lambdas/run/incident-open';
import { waitingAlarms } from '../../../lambdas/run/incidents';
import { releaseLease } from '../../../lambdas/run/lease';
import { handler as sweep } from '../../../lambdas/run/run-sweep';
import { handler as open } from '../../../lambdas/run/run-open';
import { description, openArguments } from '../fixtures';
import { emptyTables, startTables, stopTables } from '../tables';
import { cloudwatch, resetAws, states } from './aws';
import { begin } from './front-door';

/** Alarms that rise while something else goes on. */
const PROBE = 'lifeboat-production-probe-not-passed';
const at = (minute: number) => `2026-11-23T02:${minute}:00.000Z`;

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
  expect(description.alarmTriggers).toMatchObject([{ alarm: PROBE, plan: 'database-recovery' }]);
});

const event = (minute: number, alarmName = PROBE, value = 'ALARM') => ({
  detail: { alarmName, state: { value, timestamp: at(minute), reason: 'three probes' } },
});
const rings = (StateValue: 'ALARM' | 'OK') =>
  cloudwatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [{ AlarmName: PROBE, StateValue }] });
/** Names of the runs that were started at the front door. */
const begun = () => states.commandCalls(StartExecutionCommand).map(({ args: [{ input }] }) => input.name);
const settled = async (run: string, minute: number) => {
  await releaseLease(run);
  await setRun(run, { settledAt: at(minute), status: 'succeeded' });
};

test('one starts the plan that is configured for it, once, however often it is told', async () => {
  const answer = await incidentOpen(event(20));
  expect(answer).toMatchObject({ run: runName(PROBE, at(20)), started: true });
  await open(openArguments(runName(PROBE, at(20))));
  await incidentOpen(event(20));
  expect(await incidentOpen(event(25))).toMatchObject({ run: runName(PROBE, at(20)), started: false });
  expect(begun()).toEqual([runName(PROBE, at(20))]);
  expect(await waitingAlarms()).toEqual([]);
});

test.each([
  ['that nobody configured', event(20, 'another')],
  ['that is well again', event(20, PROBE, 'OK')],
])('one %s starts nothing', async (_what, of) => {
  expect(await incidentOpen(of)).toMatchObject({ run: null, started: false });
  expect(begun()).toEqual([]);
});

describe('while a snapshot is taken', () => {
  beforeEach(async () => {
    await begin('nightly-snapshot');
    states.resetHistory();
    const answer = await incidentOpen(event(20));
    expect(answer).toMatchObject({ run: 'nightly-snapshot', started: false });
    expect(answer.because).toContain('where it still rings when that has ended, database-recovery starts');
  });

  test('it waits as long as that goes on', async () => {
    rings('ALARM');
    await sweep({});
    expect(begun()).not.toContain(runName(PROBE, at(20)));
    expect(await waitingAlarms()).toHaveLength(1);
  });

  test('and until a probe can have seen the application after it: no probe is made while a run is on', async () => {
    await releaseLease('nightly-snapshot');
    await setRun('nightly-snapshot', { settledAt: new Date().toISOString(), status: 'succeeded' });
    rings('ALARM');
    await sweep({});
    expect(begun().filter((name) => name?.startsWith('alarm-'))).toEqual([]);
    expect(await waitingAlarms()).toHaveLength(1);
  });

  test('where it rings on its plan is started by the sweep, once', async () => {
    await settled('nightly-snapshot', 22);
    rings('ALARM');
    expect((await sweep({})).started).toHaveLength(1);
    expect(begun()).toHaveLength(1);
    expect(begun()[0]).toMatch(/^alarm-20261123T0222/);
    expect(await waitingAlarms()).toEqual([]);
    await sweep({});
    expect(begun()).toHaveLength(1);
  });

  test('where it has become quiet nothing is started, and nothing waits', async () => {
    await settled('nightly-snapshot', 22);
    rings('OK');
    await sweep({});
    expect(begun()).toEqual([]);
    expect(await waitingAlarms()).toEqual([]);
  });

  test('where another run came first it waits behind that one', async () => {
    await settled('nightly-snapshot', 22);
    await begin('somebody');
    states.resetHistory();
    rings('ALARM');
    await sweep({});
    expect(begun().filter((name) => name?.startsWith('alarm-'))).toEqual([]);
    expect(await waitingAlarms()).toMatchObject([{ behind: 'somebody' }]);
  });
});
