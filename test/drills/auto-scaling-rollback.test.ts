import { templateData } from '../../sandbox/drill/instances';
import { describeDrill } from './postgres';
import { Stage } from './stage';

const PLAN = 'auto-scaling-rollback';

jest.setTimeout(240_000);

describeDrill('an Auto Scaling rollback that ends badly', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open('refresh');
  });
  afterAll(async () => {
    await stage.close();
  });

  const group = () => stage.world.autoScaling.launchedFrom(stage.world.description.autoScalingGroup);
  const serving = () =>
    stage.world.targets
      .targets()
      .filter(({ state }) => state !== 'draining')
      .map(({ id, state }) => `${id} ${state}`)
      .sort();

  test('new hosts never get healthy: it goes back, and the others have served all the while', async () => {
    const { description, ec2, hosts } = stage.world;
    const { id } = description.launchTemplate;
    const before = hosts.map((host) => `${host.id} healthy`).sort();
    expect(serving()).toEqual(before);
    ec2.launchTemplates.addVersion(id, templateData(description, 'v1.3.0'));
    // Whatever is launched from now on finds no secret: it boots, and says that it is not healthy.
    const { setup } = stage.world.instances;
    if (setup === undefined) throw new TypeError('the application is provisioned');
    stage.world.instances.setup = { ...setup, secretId: 'nowhere' };
    let unserved = 0;
    const watching = setInterval(() => {
      if (!before.every((each) => serving().includes(each))) unserved += 1;
    }, 50);
    const { report } = await stage.run({ plan: PLAN, launchTemplateVersion: '2' });
    clearInterval(watching);
    expect(report.status).toBe('failed');
    expect(report.error).toBe('WaitExpired');
    expect(unserved).toBe(0);
    expect(stage.world.autoScaling.terminated.length).toBeGreaterThan(0);
    expect(stage.world.autoScaling.terminated.filter((each) => before.some((host) => host.startsWith(each)))).toEqual(
      [],
    );
    stage.world.instances.setup = setup;
    expect(group().group).toBe('1');
    await stage.until(() => group().instances.size === 2, 'what was launched has ended');
    expect(serving()).toEqual(before);
    // The version that the run made is gone; those that were there are kept.
    expect(ec2.launchTemplates.versionsOf(id).map(({ number }) => number)).toEqual([1, 2]);
    expect(await stage.leaseHolder()).toBe('');
  });

  test.each([
    { what: 'a version that is not there', launchTemplateVersion: '77', says: /no version 77/ },
    { what: 'none before the present one with another release', says: /launchTemplateVersion/ },
  ])('$what is refused, and nothing was changed', async ({ launchTemplateVersion, says }) => {
    const { report } = await stage.run({
      plan: PLAN,
      ...(launchTemplateVersion === undefined ? {} : { launchTemplateVersion }),
    });
    expect(report.status).toBe('rejected');
    expect(report.error).toBe('LaunchTemplateUnfitError');
    expect(report.cause).toMatch(says);
    expect(report.changes).toEqual([]);
  });

  test('a version that boots a release which is not there is refused, and nothing was changed', async () => {
    const { description, ec2 } = stage.world;
    const number = ec2.launchTemplates.addVersion(description.launchTemplate.id, templateData(description, 'v9.9.9'));
    const { report } = await stage.run({ plan: PLAN, launchTemplateVersion: String(number) });
    expect(report.status).toBe('rejected');
    expect(report.error).toBe('ReleaseMissingError');
    expect(report.changes).toEqual([]);
  });

  test('a host that a refresh would leave as it is, and an image that it could not go back to, are refused by name', async () => {
    const { autoScaling, description, ec2, hosts } = stage.world;
    const [host] = hosts;
    if (host === undefined) throw new TypeError('there are hosts');
    autoScaling.protect(description.autoScalingGroup, host.id);
    const spared = await stage.run({ plan: PLAN, launchTemplateVersion: '2' });
    autoScaling.protect(description.autoScalingGroup, host.id, false);
    expect(spared.report).toMatchObject({ status: 'rejected', error: 'HostUnfitError', changes: [] });
    expect(spared.report.cause).toContain(`${host.id} is protected from scale-in`);
    const data = { ...templateData(description, 'v1.3.0'), ImageId: 'resolve:ssm:/images/web' };
    const number = ec2.launchTemplates.addVersion(description.launchTemplate.id, data);
    const { report } = await stage.run({ plan: PLAN, launchTemplateVersion: String(number) });
    expect(report).toMatchObject({ status: 'rejected', error: 'LaunchTemplateUnfitError', changes: [] });
    expect(report.cause).toContain('resolve:ssm:/images/web');
  });

  test('a group that names a floating version is refused by name', async () => {
    const { autoScaling, description } = stage.world;
    autoScaling.setVersion(description.autoScalingGroup, '$Latest');
    const { report } = await stage.run({ plan: PLAN, launchTemplateVersion: '1' });
    autoScaling.setVersion(description.autoScalingGroup, '1');
    expect(report.error).toBe('FloatingVersionError');
    expect(report.cause).toContain('$Latest');
    expect(report.changes).toEqual([]);
  });
});
