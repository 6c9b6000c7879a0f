import * as fs from 'node:fs';
import * as path from 'node:path';
import { awaitHealthy } from '../../sandbox/applications/interview-drills';
import type { Host } from '../../sandbox/hosts';
import { assemblyWith } from './assembly';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { fromOutside } from './state';

jest.setTimeout(360_000);

const INPUT = { plan: 'application-recovery', release: 'v1.2.0' };

/** That it is refused where the description says nothing is in failures.test.ts. */
describeDrill('where the description says to go on without a host that is offline', () => {
  let stage: Stage;
  beforeAll(async () => {
    const going = assemblyWith((description) => ({
      ...description,
      hosts: { ...description.hosts, offline: 'go-on' },
    }));
    stage = await Stage.open('offline', going);
  }, 300_000);
  afterAll(async () => {
    await stage.close();
  });
  const hosts = () => {
    const [first, second] = stage.world.hosts;
    if (first === undefined || second === undefined) throw new TypeError('there are two hosts');
    return { first, second };
  };
  const release = (host: Host) =>
    path
      .basename(fs.realpathSync(host.path(stage.world.description.hosts.folder)))
      .replace(/^(v\d+\.\d+\.\d+(-test)?)\.\d+$/, '$1');

  test('the others get what they are to get, and the run says which was left out', async () => {
    const { first, second } = hosts();
    second.silence();
    const { report, steps } = await stage.run(INPUT);
    second.answer();
    expect(report).toMatchObject({ status: 'succeeded', undoFailed: [], health: { healthy: true } });
    expect(report.decisions).toContainEqual(expect.objectContaining({ subject: 'hosts left out', choice: second.id }));
    expect([release(first), release(second)]).toEqual(['v1.2.0', 'v1.3.0']);
    // It is alone, so it stays in service, and nothing was sent to the other one.
    expect(steps).not.toContain('application-recovery/Take the hosts out of service');
    expect(JSON.stringify(report.changes)).not.toContain(second.id);
    expect(report.checks.find(({ name }) => name === `health on ${second.id}`)).toMatchObject({
      status: 'not-checkable',
    });
    expect(await fromOutside(stage.world)).toMatchObject({ status: 200 });
    expect(stage.world.autoScaling.terminated).toEqual([]);
    expect(await stage.leaseHolder()).toBe('');
  });

  test('the same again once it is back brings it to what the others have', async () => {
    const { first, second } = hosts();
    const { report } = await stage.run(INPUT);
    expect(report).toMatchObject({ status: 'succeeded', undoFailed: [] });
    expect(report.decisions.filter(({ subject }) => subject === 'hosts left out')).toEqual([]);
    expect([release(first), release(second)]).toEqual(['v1.2.0', 'v1.2.0']);
    await awaitHealthy(second, 30);
  });

  test('where no host is left nothing begins', async () => {
    for (const host of stage.world.hosts) host.silence();
    const { report } = await stage.run(INPUT);
    for (const host of stage.world.hosts) host.answer();
    expect(report).toMatchObject({ status: 'rejected', error: 'HostOfflineError', changes: [] });
  });
});
