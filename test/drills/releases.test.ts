import * as fs from 'node:fs';
import * as path from 'node:path';
import * as z from 'zod';
import { templateData } from '../../sandbox/drill/instances';
import { lookAtHosts } from '../../sandbox/scenarios/bad-release';
import { deployRelease, releasesFolder } from '../../sandbox/applications/interview-drills';
import { assemblyWith } from './assembly';
import { expectNothingMade, expectPutBack } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { stateOf, type State } from './state';

/** Recoveries and rollbacks of the release that fail, one after the other in one world. */
jest.setTimeout(360_000);

describeDrill('a release that does not come about', () => {
  let stage: Stage;
  let before: State;
  /** What runs after each test. */
  let runs = 'v1.3.0-test';
  beforeAll(async () => {
    // On a machine that has much else to do a release is slow by no fault of its own, and one that is not healthy is not put back.
    const patient = assemblyWith((description) => ({
      ...description,
      serviceLevels: { ...description.serviceLevels, requestsWithinMilliseconds: 60_000 },
    }));
    stage = await Stage.open('releases', patient);
    // As somebody may have left it. What runs says itself that it is not healthy while its schema is taken away below.
    stage.world.autoScaling.suspend(stage.world.description.autoScalingGroup, ['ReplaceUnhealthy']);
    for (let times = 0; times < 3; times += 1) await lookAtReleases();
    for (const host of stage.world.hosts) await deployRelease(host, 'v1.3.0-test');
  }, 300_000);
  afterAll(async () => {
    await stage.close();
  });
  beforeEach(async () => {
    before = await stateOf(stage);
  });
  afterEach(async () => {
    expect(await served()).toEqual(stage.world.hosts.map(() => [runs, `${runs.slice(1)}, healthy`]));
    const { autoScaling, description, hosts, targets } = stage.world;
    expect(hosts.map(({ id }) => autoScaling.stateOf(description.autoScalingGroup, id))).toEqual([
      'InService',
      'InService',
    ]);
    expect(targets.targets().map(({ state }) => state)).toEqual(['healthy', 'healthy']);
  });

  async function lookAtReleases(): Promise<void> {
    const { status, cause } = await stage.drill.deployment.start('release-probe', {}).execution.done;
    if (status !== 'SUCCEEDED') throw new TypeError(`the release probe ended ${status}: ${cause ?? ''}`);
  }
  const health = z.object({ status: z.string(), version: z.string() });
  /** By host: the folder that the link leads to, and what answers. */
  const served = () =>
    Promise.all(
      stage.world.hosts.map(async (host) => {
        const { address, port } = host.endpoint(80);
        const answer = await fetch(`http://${address}:${port}/api/health`);
        const { version, status } = health.parse(await answer.json());
        return [
          // A release may lie in another folder where its own was spoilt.
          path
            .basename(fs.realpathSync(host.path(stage.world.description.hosts.folder)))
            .replace(/^(v\d+\.\d+\.\d+(-test)?)\.\d+$/, '$1'),
          `${version}, ${status}`,
        ];
      }),
    );
  /** Runs take hosts in the order of their ids. */
  const second = () => {
    const [, host] = stage.world.hosts.toSorted((one, other) => one.id.localeCompare(other.id));
    if (host === undefined) throw new TypeError('there are two hosts');
    return host;
  };

  test('a release that nobody has is refused, and nothing was changed', async () => {
    const ran = await stage.run({ plan: 'application-recovery', release: 'v9.9.9' });
    const step = 'application-recovery › Look for the release: ended?';
    await expectPutBack(stage, before, ran, {
      status: 'rejected',
      error: 'ReleaseMissingError',
      step,
      says: /v9\.9\.9/,
    });
    await expectNothingMade(stage, before);
  });

  test('a rollback to a release that does not know the schema is refused, and says what has to come first', async () => {
    const ran = await stage.run({ plan: 'application-rollback', release: 'v1.1.0' });
    const step = 'application-rollback › Hold the release against the schema';
    const says =
      /schema 1\.0\.0 to 1\.2\.0; the database has 1\.3\.0\. Roll the schema back first: .*"schemaVersion": "1\.2\.0"/;
    await expectPutBack(stage, before, ran, { status: 'rejected', error: 'SchemaIncompatibleError', step, says });
    await expectNothingMade(stage, before);
  });

  test('a schema that is no longer the one, right before the switch, stops a rollback', async () => {
    const { source, description } = stage.world;
    const sql = (statement: string) =>
      source.cluster?.withAdmin(description.database.name, (admin) => admin.execute(statement));
    const ran = await stage.run(
      { plan: 'application-rollback', release: 'v1.3.0' },
      {
        'application-rollback/Ask again for the schema': () =>
          sql("DELETE FROM schema_migrations WHERE version = '1.3.0'"),
        'application-rollback/Hold the release against the schema again': () =>
          sql("INSERT INTO schema_migrations (version) VALUES ('1.3.0')"),
      },
    );
    expect(ran.report).toMatchObject({
      status: 'failed',
      error: 'SchemaIncompatibleError',
      failedStep: 'application-rollback › Hold the release against the schema again',
      changes: [{ key: 'suspend-auto-scaling', state: 'undone' }],
    });
    expect(
      ran.report.checks.filter(({ name }) => name.startsWith('the schema fits')).map(({ status }) => status),
    ).toEqual(['passed', 'failed']);
  });

  test('one host on which the release does not live: the batch stops, that host is put back, and so is the first', async () => {
    const spoil = () => {
      const host = second();
      const releases = host.path(releasesFolder);
      // What was prepared for this run, and is not the one that was installed.
      const prepared = fs.readdirSync(releases).filter((name) => /^v1\.3\.0\.\d+$/.test(name));
      expect(prepared).toHaveLength(1);
      for (const name of prepared) fs.writeFileSync(path.join(releases, name, 'config', 'production.json'), '{');
    };
    const ran = await stage.run(
      { plan: 'application-recovery' },
      { 'application-recovery/Hold the release against the schema again': spoil },
    );
    const says = new RegExp(
      `${second().id}.*did not become healthy.*The host was put back: it serves v1.3.0-test and is healthy`,
      's',
    );
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'ApplicationUnhealthyError',
      step: 'application-recovery › Switch the release: in force?',
      says,
    });
    expect(ran.report.decisions.find(({ subject }) => subject === 'release')).toMatchObject({ choice: 'v1.3.0' });
    expect(ran.report.changes.map(({ key }) => key)).toEqual([
      'suspend-auto-scaling',
      'stand-by-1',
      'release-1',
      'stand-by-2',
      'release-2',
    ]);
  });

  test.each([
    { when: 'before anything is built', hook: 'Look for the release', step: 'Compare the hosts', changes: 1 },
    {
      when: 'while the others switch',
      hook: 'Ask each host whether it is healthy',
      step: 'Compare the hosts again',
      changes: 7,
    },
  ])('a host that comes $when is named, and everything is put back', async ({ hook, step, changes }) => {
    const { autoScaling, description, ec2 } = stage.world;
    const { autoScalingGroup: group, launchTemplate } = description;
    const stranger = 'i-0000000000000abcd';
    // What is damaged boots from now on as well, and what somebody launches by hand has it.
    const version = String(ec2.launchTemplates.addVersion(launchTemplate.id, templateData(description, runs)));
    autoScaling.setVersion(group, version);
    const come = () => {
      autoScaling.attach(group, stranger);
    };
    const ran = await stage.run({ plan: 'application-recovery' }, { [`application-recovery/${hook}`]: come });
    expect(autoScaling.launchedFrom(group).group).toBe(version);
    autoScaling.detach(group, stranger);
    autoScaling.setVersion(group, '1');
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'HostsChangedError',
      step: `application-recovery › ${step}`,
      says: new RegExp(`${stranger} \\(InService in ${group}, from version ${version} of the template`),
    });
    expect(ran.report.changes).toHaveLength(changes);
  });

  test('a rollback in whose midst the agent of a host falls silent: the first host is put back, and both serve', async () => {
    const ran = await stage.run(
      { plan: 'application-rollback', release: 'v1.3.0' },
      {
        'application-rollback/Switch the release': () => {
          second().silence();
        },
        // It is back when what was done is taken back: nobody knows whether it had got its command.
        'recovery/Settle': () => {
          second().answer();
        },
      },
    );
    await expectPutBack(stage, before, ran, {
      status: 'failed',
      error: 'HostOfflineError',
      step: 'application-rollback › Switch the release',
      says: new RegExp(second().id),
    });
    expect(ran.report.changes.map(({ key, state }) => `${key} ${state}`)).toEqual([
      'suspend-auto-scaling undone',
      'stand-by-1 undone',
      'release-1 undone',
      'stand-by-2 undone',
      'release-2 undone',
    ]);
  });

  test.each([
    { what: 'a rollback again after that failure', plan: 'application-rollback' },
    { what: 'the same once more', plan: 'application-rollback' },
    { what: 'a recovery to what runs', plan: 'application-recovery' },
  ])('$what ends with every host on the release, file by file', async ({ plan }) => {
    runs = 'v1.3.0';
    const { report } = await stage.run({ plan, release: 'v1.3.0' });
    expect(report).toMatchObject({ status: 'succeeded', undoFailed: [], health: { healthy: true } });
    const checks = await lookAtHosts(stage.drill.damageable(), 'v1.3.0');
    expect(checks).toHaveLength(4);
    expect(checks.filter(({ status }) => status !== 'passed')).toEqual([]);
    const { content, connect, suspended, pages, services } = before;
    expect(await stateOf(stage)).toMatchObject({ content, connect, suspended, pages, services });
    expect(await stage.leaseHolder()).toBe('');
  });
});
