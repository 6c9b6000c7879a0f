import { DescribeDBInstanceAutomatedBackupsCommand, DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds';
import { interviewDrillsSelfHosted } from '../../../config/interview-drills-self-hosted';
import { TAGS } from '../../../contract/environment';
import { handler as sourceInspect } from '../../../lambdas/database/source-inspect';
import { matching } from '../matchers';
import { awsError, denied, settings, unavailable } from '../changes/world';
import { database, eachInItsRun, endpoint, leadsTo, probe, rds, window } from './situation';

const run = eachInItsRun();

describe('source-inspect', () => {
  const inspect = () => sourceInspect({ run: run(), database });

  test('finds the instance by the name’s record, with its own settings, without tags that are not to be carried', async () => {
    leadsTo(`${endpoint('orders-2').toUpperCase()}.`);
    rds.put('orders');
    rds.put('orders-2', {
      TagList: [
        { Key: 'application', Value: 'orders' },
        { Key: TAGS.run, Value: 'x' },
        { Key: 'aws:cloudformation:stack-name', Value: 's' },
      ],
    });
    const { current } = await inspect();
    expect(current).toEqual({
      instanceIdentifier: 'orders-2',
      resourceId: 'db-orders-2',
      status: 'available',
      endpoint: { address: endpoint('orders-2'), port: 5432 },
      settings,
      settingsFrom: 'instance',
    });
  });

  test('a server of one’s own is refused by name, before RDS is asked', async () => {
    const selfHosted = interviewDrillsSelfHosted.environments.drill.database;
    await expect(sourceInspect({ run: run(), database: selfHosted })).rejects.toMatchObject({
      name: 'RecoverySourceMissingError',
      message: matching(/restores instances of RDS, and .* is a server of one's own: nothing was changed/),
    });
    expect(rds.mock.calls()).toEqual([]);
  });

  test('without a record the name itself is the endpoint, or the identifier leads there', async () => {
    leadsTo(null);
    rds.put('other', { Endpoint: { Address: 'db.example.internal', Port: 5432 } });
    expect((await inspect()).current.instanceIdentifier).toBe('other');
    rds.reset();
    rds.mock.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({});
    rds.put('orders');
    expect((await inspect()).current.instanceIdentifier).toBe('orders');
  });

  test('a deleted instance comes from what the probe stored; without that it is refused', async () => {
    leadsTo(endpoint('orders'));
    await expect(inspect()).rejects.toMatchObject({ name: 'RecoverySourceMissingError' });
    await probe('2026-11-23T02:00:00Z');
    expect((await inspect()).current).toEqual({
      instanceIdentifier: 'orders',
      resourceId: 'db-orders',
      status: 'deleted',
      endpoint: null,
      settings,
      settingsFrom: 'stored',
    });
  });

  test('an instance that RDS cannot describe in full, or that an earlier run left fenced, takes what was stored', async () => {
    leadsTo(endpoint('orders'));
    rds.put('orders', { DBInstanceStatus: 'failed', OptionGroupMemberships: [] });
    await expect(inspect()).rejects.toMatchObject({ name: 'RecoverySourceMissingError' });
    rds.instances.clear();
    rds.put('orders', { VpcSecurityGroups: [{ VpcSecurityGroupId: database.fenceSecurityGroupId, Status: 'active' }] });
    await expect(inspect()).rejects.toMatchObject({ name: 'RecoverySourceMissingError' });
    await probe('2026-11-23T02:00:00Z');
    expect((await inspect()).current).toMatchObject({ settings, settingsFrom: 'instance' });
    rds.put('orders', { DBInstanceStatus: 'failed', OptionGroupMemberships: [] });
    expect((await inspect()).current).toMatchObject({ status: 'failed', settingsFrom: 'stored' });
  });

  test('lists backups of this instance, the original one and the one measured last, over all pages, each once', async () => {
    leadsTo(endpoint('orders-2'));
    rds.put('orders-2');
    await probe('2026-11-23T02:00:00Z', 'measured');
    const day = (n: number) => [`2026-11-${n}T00:00:00Z`, `2026-11-${n}T12:00:00Z`] as const;
    rds.mock.on(DescribeDBInstanceAutomatedBackupsCommand).callsFake((input: Record<string, string>) => {
      if (input['DbiResourceId'] === 'db-orders-2')
        return { DBInstanceAutomatedBackups: [window('orders-2', 'db-orders-2', ...day(20))] };
      if (input['DBInstanceIdentifier'] === 'orders-2')
        return { DBInstanceAutomatedBackups: [window('orders-2', 'db-orders-2', ...day(20))] };
      if (input['DbiResourceId'] === 'db-measured') throw awsError('DBInstanceAutomatedBackupNotFoundFault');
      if (input['DBInstanceIdentifier'] === 'measured')
        return { DBInstanceAutomatedBackups: [{ DbiResourceId: 'db-creating', DBInstanceIdentifier: 'measured' }] };
      return input['Marker'] === undefined
        ? { DBInstanceAutomatedBackups: [window('orders', 'db-a', ...day(21))], Marker: 'more' }
        : { DBInstanceAutomatedBackups: [window('orders', 'db-b', ...day(22))] };
    });
    const { sources } = await inspect();
    expect(sources.pointInTime.map(({ resourceId }) => resourceId)).toEqual(['db-orders-2', 'db-b', 'db-a']);
    expect(sources.pointInTime[0]).toEqual({
      resourceId: 'db-orders-2',
      instanceIdentifier: 'orders-2',
      earliest: '2026-11-20T00:00:00.000Z',
      latest: '2026-11-20T12:00:00.000Z',
    });
  });

  test('lists available snapshots, newest first, and the copies by when the original was taken', async () => {
    leadsTo(endpoint('orders'));
    rds.put('orders');
    rds.putSnapshot('old', { DBInstanceIdentifier: 'orders' });
    rds.putSnapshot('new', { DBInstanceIdentifier: 'orders', SnapshotCreateTime: new Date('2026-11-23T00:00:00Z') });
    rds.putSnapshot('creating', { DBInstanceIdentifier: 'orders', Status: 'creating' });
    rds.putSnapshot('copy', {
      DBInstanceIdentifier: 'orders',
      SnapshotCreateTime: new Date('2026-11-23T01:00:00Z'),
      OriginalSnapshotCreateTime: new Date('2026-11-20T00:00:00Z'),
    });
    const { sources } = await inspect();
    expect(sources.snapshots.map(({ snapshot }) => snapshot)).toEqual(['new', 'old', 'copy']);
    // The fake knows no regions: what counts is that the other region was asked for ARNs.
    expect(sources.copiedSnapshots[2]).toEqual({
      snapshotArn: 'arn:aws:rds:us-east-1:123456789012:snapshot:copy',
      region: 'us-west-2',
      takenAt: '2026-11-20T00:00:00.000Z',
    });
    expect(new Set(await Promise.all(rds.regions()))).toEqual(new Set(['us-east-1', 'us-west-2']));
  });

  test.each([
    ['a region that does not answer leaves what is here', unavailable(), null],
    ['a refusal is not taken for an empty region', denied(), 'AccessDeniedError'],
  ])('%s', async (_what, error, name) => {
    leadsTo(endpoint('orders'));
    rds.put('orders');
    let calls = 0;
    rds.mock
      .on(DescribeDBSnapshotsCommand)
      .callsFake(async (_input: unknown, getClient: () => { config: { region: () => Promise<string> } }) => {
        calls += 1;
        if ((await getClient().config.region()) === 'us-west-2') throw error;
        return { DBSnapshots: [] };
      });
    if (name === null) expect((await inspect()).sources.copiedSnapshots).toEqual([]);
    else await expect(inspect()).rejects.toMatchObject({ name });
    expect(calls).toBeGreaterThan(1);
  });
});
