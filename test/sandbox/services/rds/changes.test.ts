import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CopyDBSnapshotCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import {
  changeSettings,
  describeInstance,
  rebootInstance,
  renameInstance,
  requireInstance,
  requireSettings,
  setMasterPassword,
  setSecurityGroups,
  tag,
  untag,
} from '../../../../lambdas/gateways/rds';
import { copySnapshot, createSnapshot, describeSnapshot, snapshotsOf } from '../../../../lambdas/gateways/rds-backups';
import { restoreFromSnapshot } from '../../../../lambdas/gateways/rds-restore';
import { type Instance } from '../../../../sandbox/services/rds/instance';
import { processesOf } from '../../databases/machine';
import { eventually, REGION, unknownToIam } from '../commands';
import { describeWithPostgres, FENCE, OPEN, Site } from './machine';

const OTHER_REGION = 'eu-west-1';

describeWithPostgres('changes of simulated RDS', () => {
  let site: Site;
  let source: Instance;
  beforeAll(async () => {
    site = await Site.make();
    ({ source } = site);
  });
  afterAll(async () => {
    await site.close();
  });

  const run = async <T>(work: () => Promise<T>): Promise<T> => await site.commands.run(work);
  const modify = (given: object) =>
    run(() =>
      new RDSClient().send(
        new ModifyDBInstanceCommand({ DBInstanceIdentifier: 'shop', ApplyImmediately: true, ...given }),
      ),
    );

  it('resets the master password: available for a moment, pending all the while', async () => {
    await run(() => setMasterPassword('shop', 'second-Password2'));
    expect(await run(() => requireInstance('shop'))).toMatchObject({
      status: 'available',
      pending: ['MasterUserPassword'],
    });
    await (await site.login(source)).end();
    expect(await site.reaches(source, 'available')).toEqual(['available', 'resetting-master-credentials', 'available']);
    await expect(site.login(source)).rejects.toThrow('password authentication failed');
    await (await site.login(source, 'second-Password2')).end();
    await run(() => setMasterPassword('shop', 'first-Password1'));
    await site.reaches(source, 'available');
  });

  it.each(['short', 'has a space in it', 'a/slash-and-more', 'ünprintable-for-rds'])(
    'refuses the password %j',
    async (password) => {
      await expect(modify({ MasterUserPassword: password })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
    },
  );

  it('makes one change after the other, and refuses more while it works', async () => {
    await modify({ MultiAZ: false });
    await modify({ MonitoringInterval: 30, EnablePerformanceInsights: false });
    expect((await run(() => requireInstance('shop'))).pending).toEqual(['MultiAZ']);
    await eventually(site.clock, 'modifying', () => (source.status === 'modifying' ? true : undefined));
    await expect(run(() => setMasterPassword('shop', 'another-Password'))).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
    await site.reaches(source, 'available');
    expect(source.attributes).toMatchObject({ MultiAZ: false, MonitoringInterval: 30 });
    const wanted = { ...requireSettings(await run(() => requireInstance('shop'))), MultiAZ: true };
    await run(async () => {
      await changeSettings(await requireInstance('shop'), { ...wanted, MonitoringInterval: 60 });
    });
    await site.reaches(source, 'available');
    expect(source.attributes).toMatchObject({ MultiAZ: true, MonitoringInterval: 60 });
  });

  it.each<[object, string, RegExp]>([
    [{ AllocatedStorage: 50 }, 'InvalidParameterCombination', /reduce/],
    [{ Iops: 4000 }, 'InvalidParameterCombination', /less than 400/],
    [{ MonitoringInterval: 7 }, 'InvalidParameterValue', /MonitoringInterval/],
    [{ DBParameterGroupName: 'none' }, 'DBParameterGroupNotFoundFault', /none/],
    [{ VpcSecurityGroupIds: ['sg-0'] }, 'InvalidParameterValue', /Invalid security group/],
    [{ NewDBInstanceIdentifier: 'shop' }, 'DBInstanceAlreadyExistsFault', /exists/],
    [{ NewDBInstanceIdentifier: 'two--hyphens' }, 'InvalidParameterValue', /identifier/],
    [{ BackupRetentionPeriod: 0 }, 'NotSimulatedError', /automated backups/],
    [{ ApplyImmediately: false }, 'NotSimulatedError', /maintenance window/],
    [{ EngineVersion: '18' }, 'NotSimulatedError', /EngineVersion/],
  ])('refuses %j', async (given, name, message) => {
    const refused = modify(given);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ name });
    expect(source.pending).toEqual([]);
  });

  it('lets a parameter group wait for a reboot, with the server down meanwhile', async () => {
    const major = source.engineVersion.split('.')[0] ?? '';
    await modify({ DBParameterGroupName: `default.postgres${major}` });
    expect((await run(() => requireInstance('shop'))).parameterStatus).toBe('applying');
    await site.reaches(source, 'available');
    expect((await run(() => requireInstance('shop'))).parameterStatus).toBe('pending-reboot');
    await run(() => rebootInstance('shop'));
    expect((await run(() => requireInstance('shop'))).status).toBe('rebooting');
    await eventually(site.clock, 'the server down', () => (source.cluster?.running === false ? true : undefined));
    await site.reaches(source, 'available');
    expect((await run(() => requireInstance('shop'))).parameterStatus).toBe('in-sync');
  });

  it('shuts new connections out behind the fence, and leaves open ones', async () => {
    const before = await site.login(source);
    await run(() => setSecurityGroups('shop', [FENCE]));
    expect((await run(() => requireInstance('shop'))).securityGroups).toEqual([
      { id: OPEN, status: 'removing' },
      { id: FENCE, status: 'adding' },
    ]);
    await (await site.login(source)).end();
    await eventually(site.clock, 'the fence', () => (source.securityGroups.size === 1 ? true : undefined));
    await expect(site.login(source)).rejects.toThrow('ECONNREFUSED');
    await site.insert(source, 'through an open connection');
    expect(await site.names(before)).toContain('through an open connection');
    await before.end();
    await run(() => setSecurityGroups('shop', [OPEN]));
    await eventually(site.clock, 'open', () => (source.securityGroups.size === 1 ? true : undefined));
    await (await site.login(source)).end();
  });

  it('takes a snapshot, backing-up meanwhile, and restores it behind the default group', async () => {
    const name = `lifeboat-${'x'.repeat(80)}`;
    expect(await run(() => createSnapshot('shop', name, { run: 'r1' }))).toBe('created');
    expect(await run(() => createSnapshot('shop', name, {}))).toBe('exists');
    expect(await run(() => describeSnapshot(name))).toMatchObject({ status: 'creating', takenAt: null });
    expect(await site.reaches(source, 'available')).toContain('backing-up');
    expect(await run(() => snapshotsOf('shop'))).toMatchObject([
      { snapshot: name, status: 'available', percent: 100, tags: { owner: 'team-data', run: 'r1' } },
    ]);
    const settings = requireSettings(await run(() => requireInstance('shop')));
    await run(() => restoreFromSnapshot({ identifier: 'from-snapshot', settings, tags: {} }, name));
    const restored = site.rds.plane.get('from-snapshot');
    await site.reaches(restored, 'available');
    const client = await site.login(restored);
    expect(await site.names(client)).toContain('through an open connection');
    await client.end();
    expect(restored.tags.size).toBe(0);
  });

  it('copies a snapshot of another region, with a key of this one', async () => {
    const { arn } = await site.rds.plane.adoptSnapshot(source, OTHER_REGION, 'nightly');
    expect(await run(() => describeSnapshot('nightly'))).toBeNull();
    expect(await run(() => snapshotsOf('shop', OTHER_REGION))).toMatchObject([{ arn, status: 'available' }]);
    const unkeyed = { SourceDBSnapshotIdentifier: arn, TargetDBSnapshotIdentifier: 'copied' };
    await expect(
      run(() => new RDSClient({ region: REGION }).send(new CopyDBSnapshotCommand(unkeyed))),
    ).rejects.toMatchObject({ name: 'InvalidParameterCombination' });
    expect(await run(() => copySnapshot({ arn, encrypted: true }, 'copied', { run: 'r1' }))).toBe('created');
    expect(await run(() => copySnapshot({ arn, encrypted: true }, 'copied', {}))).toBe('exists');
    const copy = site.rds.plane.snapshots.get(REGION, 'copied');
    await eventually(site.clock, 'the copy', () => (copy.status === 'available' ? true : undefined));
    expect(await run(() => describeSnapshot('copied'))).toMatchObject({
      takenAt: copy.source?.takenAt?.toISOString(),
      tags: { run: 'r1' },
    });
    const settings = requireSettings(await run(() => requireInstance('shop')));
    await run(() => restoreFromSnapshot({ identifier: 'from-copy', settings, tags: {} }, 'copied'));
    const restored = site.rds.plane.get('from-copy');
    await site.reaches(restored, 'available');
    await (await site.login(restored)).end();
    await expect(run(() => copySnapshot({ arn: `${arn}-2`, encrypted: true }, 'x', {}))).rejects.toMatchObject({
      name: 'RecoverySourceMissingError',
    });
  });

  it('is renamed: old name gone, open connections ended, a certificate for the new name', async () => {
    const before = await site.login(source);
    const ended = new Promise<void>((resolve) => before.once('end', resolve));
    await run(() => renameInstance('shop', 'shop-old'));
    await expect(run(() => renameInstance('from-copy', 'shop-old'))).rejects.toThrow('DBInstanceAlreadyExistsFault');
    const address = source.identifier;
    expect(await site.reaches(source, 'available')).toEqual(['available', 'renaming', 'available']);
    await ended;
    expect(address).toBe('shop');
    expect(await run(() => describeInstance('shop'))).toBeNull();
    expect(() => site.resolver.resolve(`shop.c9akciq32lbx.${REGION}.rds.amazonaws.com`)).toThrow();
    expect((await run(() => requireInstance('shop-old'))).resourceId).toBe(source.resourceId);
    await (await site.login(source)).end();
  });

  it('tags and untags', async () => {
    const { arn } = await run(() => requireInstance('shop-old'));
    await run(() => tag(arn, { a: '1', b: '2' }));
    await run(() => untag(arn, ['a']));
    expect((await run(() => requireInstance('shop-old'))).tags).toEqual({ owner: 'team-data', b: '2' });
    await expect(run(() => tag(arn, { 'aws:x': '1' }))).rejects.toThrow('may not begin with aws:');
  });

  it('fails an instance whose change fails, and says so', async () => {
    await source.cluster?.kill();
    await run(() => setMasterPassword('shop-old', 'third-Password3'));
    await site.reaches(source, 'failed');
    expect(site.rds.plane.failures).toMatchObject([
      { what: 'shop-old: resetting-master-credentials', error: { name: 'ServerNotRunningError' } },
    ]);
  });

  it('asks only for permissions that IAM knows', async () => {
    expect(await unknownToIam(site.commands.permissions)).toEqual([]);
    expect(site.commands.permissions.length).toBeGreaterThan(50);
  });

  it('leaves no server and nothing on its way when it is closed in the middle of a restore', async () => {
    let release: () => void = () => undefined;
    const reached = new Promise<void>((resolve) => {
      site.rds.plane.nextRestoreFault = {
        at: 'replaying',
        act: () =>
          new Promise((go) => {
            release = go;
            resolve();
          }),
      };
    });
    const settings = requireSettings(await run(() => requireInstance('from-copy')));
    await run(() => restoreFromSnapshot({ identifier: 'half', settings, tags: {} }, 'copied'));
    await reached;
    expect(await processesOf(site.folder)).not.toEqual([]);
    const closed = site.rds.plane.close();
    release();
    await closed;
    expect(await processesOf(site.folder)).toEqual([]);
    // Cancelled, not waited for: nobody may take a half for a whole.
    const { resourceId } = site.rds.plane.get('half');
    expect(existsSync(join(site.folder, 'rds', 'instances', resourceId, 'data'))).toBe(false);
    expect(site.rds.plane.busy).toBe(false);
    expect(site.rds.plane.failures).toHaveLength(1);
  });
});
