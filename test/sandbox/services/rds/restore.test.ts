import { describeInstance, requireInstance, requireSettings } from '../../../../lambdas/gateways/rds';
import { automatedBackups } from '../../../../lambdas/gateways/rds-backups';
import { restoreToPointInTime } from '../../../../lambdas/gateways/rds-restore';
import { unknownToIam } from '../commands';
import { describeWithPostgres, OPEN, Site } from './machine';

describeWithPostgres('a point-in-time restore of simulated RDS', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.make();
  });
  afterAll(async () => {
    await site.close();
  });

  const settings = async () => requireSettings(await site.commands.run(() => requireInstance('shop')));
  const restore = async (identifier: string, moment: string, tags: Record<string, string> = {}) => {
    const target = { identifier, settings: await settings(), tags };
    return await site.commands.run(() => restoreToPointInTime(target, site.source, moment));
  };

  it('holds what was committed by the moment, and passes through the states of RDS', async () => {
    await site.insert(site.source, 'before');
    // The next whole second: RDS restores to no fraction of one.
    const moment = new Date(Math.ceil(Date.now() / 1000) * 1000);
    const latest = await site.uploaded(site.source, moment);
    await site.insert(site.source, 'after');
    expect(await restore('copy', moment.toISOString(), { run: 'r1' })).toBe('created');
    expect(await restore('copy', moment.toISOString())).toBe('exists');
    const copy = site.rds.plane.get('copy');
    expect(await site.commands.run(() => describeInstance('copy'))).toMatchObject({
      status: 'creating',
      endpoint: null,
      settings: null,
      tags: { owner: 'team-data', run: 'r1' },
    });
    expect(await site.reaches(copy, 'available')).toEqual(['creating', 'backing-up', 'available']);
    const client = await site.login(copy);
    expect(await site.names(client)).toEqual(['before']);
    await client.end();
    expect(latest.getTime()).toBeGreaterThan(moment.getTime());
    const described = await site.commands.run(() => requireInstance('copy'));
    expect(described.latestRestorable).not.toBeNull();
    // What no restore can be told stays at its default.
    expect(requireSettings(described)).toEqual({
      ...(await settings()),
      PreferredMaintenanceWindow: 'sat:10:03-sat:10:33',
      MonitoringInterval: 0,
      MonitoringRoleArn: undefined,
      PerformanceInsightsEnabled: false,
      PerformanceInsightsRetentionPeriod: undefined,
      PerformanceInsightsKMSKeyId: undefined,
      Tags: { owner: 'team-data', run: 'r1' },
    });
    expect(site.rds.plane.failures).toEqual([]);
    expect(await unknownToIam(site.commands.permissions)).toEqual([]);
  });

  it('refuses a moment outside of what can be restored', async () => {
    const [backup] = await site.commands.run(() => automatedBackups({ instanceIdentifier: 'shop' }));
    const early = new Date(new Date(backup!.earliest).getTime() - 2000).toISOString();
    const late = new Date(new Date(backup!.latest).getTime() + 2000).toISOString();
    await expect(restore('never', early)).rejects.toMatchObject({ name: 'RestoreTimeOutOfRangeError' });
    await expect(restore('never', late)).rejects.toMatchObject({ name: 'RestoreTimeOutOfRangeError' });
    expect(await site.commands.run(() => describeInstance('never'))).toBeNull();
  });

  it('shows a restore that was killed half-way as incompatible-restore, and goes on living', async () => {
    site.rds.plane.nextRestoreFault = { at: 'copying', act: (kill) => kill() };
    await restore('broken', 'latest');
    const broken = site.rds.plane.get('broken');
    await site.reaches(broken, 'incompatible-restore');
    expect(await site.commands.run(() => describeInstance('broken'))).toMatchObject({ endpoint: null });
    expect(site.rds.plane.failures).toMatchObject([{ what: 'restoring broken' }]);
    expect(broken.failure).toMatch(/killed while copying/);
  });

  it('restores a deleted instance from automated backups that were kept', async () => {
    const { plane } = site.rds;
    await site.insert(site.source, 'last');
    await site.uploaded(site.source, new Date());
    const wanted = await settings();
    await expect(plane.delete(site.source)).rejects.toThrow('Cannot delete protected DB Instance');
    site.source.attributes.DeletionProtection = false;
    await plane.delete(site.source, { retainAutomatedBackups: true });
    const target = { identifier: 'shop-again', settings: wanted, tags: {} };
    await site.commands.run(() => restoreToPointInTime(target, site.source, 'latest'));
    const again = plane.get('shop-again');
    await site.reaches(again, 'available');
    const client = await site.login(again);
    expect(await site.names(client)).toContain('last');
    await client.end();
    expect(again.attributes.VpcSecurityGroupIds).toEqual([OPEN]);
    expect(site.commands.permissions.map(({ resource }) => resource).join()).toMatch(/:auto-backup:ab-/);
  });
});
