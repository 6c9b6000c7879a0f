import { DescribeDBInstanceAutomatedBackupsCommand } from '@aws-sdk/client-rds';
import { handler as restorableAwait } from '../../../lambdas/database/restorable-await';
import { advanceChange, recordChange } from '../../../lambdas/run/journal';
import { settings } from '../changes/world';
import { eachInItsRun, rds, window } from './situation';

const run = eachInItsRun();

describe('restorable-await', () => {
  const current = (identifier = 'orders') => ({
    instanceIdentifier: identifier,
    resourceId: 'db-orders',
    status: 'available',
    endpoint: null,
    settings,
    settingsFrom: 'instance',
  });
  const source = (moment: string) => ({
    kind: 'point-in-time',
    resourceId: 'db-orders',
    instanceIdentifier: 'orders',
    moment,
  });
  const ask = (of: unknown = source('latest')) =>
    restorableAwait({ run: run(), source: of, current: current(), fenceKeys: ['database-fence', 'fence'] });
  const latest = (time: string) => {
    rds.put('orders', { LatestRestorableTime: new Date(time) });
  };
  const fence = async (detail: Record<string, unknown>) => {
    await recordChange(run(), {
      key: 'fence',
      kind: 'database-fence',
      target: {
        host: 'i-0000000000000001',
        connection: {
          address: 'orders.rds.example',
          port: 5432,
          name: 'orders',
          sslMode: 'require',
          caFile: '/ca.pem',
          masterSecretArn: 'arn',
        },
        logins: [],
      },
      before: { grantees: [] },
      pointOfNoReturn: false,
    });
    await advanceChange(run().id, 'fence', 'applied', { detail });
  };

  test('"latest" waits until the fence stands and the restorable time has passed it', async () => {
    latest('2026-11-23T02:11:00Z');
    expect(await ask()).toEqual({ done: false, waitsFor: null, restorable: '2026-11-23T02:11:00.000Z' });
    await fence({ fencedAt: '2026-11-23T02:10:00Z' });
    // Applied is not confirmed.
    expect(await ask()).toMatchObject({ done: false, waitsFor: null });
    await advanceChange(run().id, 'fence', 'confirmed');
    expect(await ask()).toMatchObject({ done: true, waitsFor: '2026-11-23T02:10:00Z' });
    latest('2026-11-23T02:09:59Z');
    expect(await ask()).toMatchObject({ done: false });
  });

  test('a fence around the network alone proves nothing for "latest", and does not matter for a moment', async () => {
    latest('2026-11-23T02:11:00Z');
    await recordChange(run(), {
      key: 'database-fence',
      kind: 'network-fence',
      target: { instance: 'orders', securityGroupId: 'sg-1' },
      before: { securityGroupIds: [] },
      pointOfNoReturn: false,
    });
    await advanceChange(run().id, 'database-fence', 'applied', { detail: { fencedAt: '2026-11-23T02:10:00Z' } });
    expect(await ask()).toMatchObject({ done: false });
    await advanceChange(run().id, 'database-fence', 'confirmed');
    await expect(ask()).rejects.toMatchObject({ name: 'FenceFailedError' });
    await expect(ask()).rejects.toThrow(/restoreTime, or stop the instance/);
    expect(await ask(source('2026-11-23T02:11:00Z'))).toMatchObject({ done: true });
    await fence({ fencedAt: '2026-11-23T02:10:30Z' });
    await advanceChange(run().id, 'fence', 'confirmed');
    expect(await ask()).toMatchObject({ done: true, waitsFor: '2026-11-23T02:10:30Z' });
  });

  test('a moment waits for itself alone', async () => {
    latest('2026-11-23T02:11:00Z');
    expect(await ask(source('2026-11-23T02:11:00Z'))).toMatchObject({ done: true });
    expect(await ask(source('2026-11-23T02:11:01Z'))).toMatchObject({ done: false });
  });

  test('a snapshot waits for nothing', async () => {
    expect(await ask({ kind: 'snapshot', snapshot: 'x', moment: '2026-11-23T02:11:00Z' })).toMatchObject({
      done: true,
    });
  });

  test('of an instance that is gone, its automated backups say it; without them nothing is done', async () => {
    expect(await ask(source('2026-11-23T02:11:00Z'))).toMatchObject({ done: false, restorable: null });
    // Another instance has taken the name.
    rds.put('orders', { DbiResourceId: 'db-other' });
    expect(await ask(source('2026-11-23T02:01:00Z'))).toMatchObject({ done: false, restorable: null });
    rds.mock.on(DescribeDBInstanceAutomatedBackupsCommand).resolves({
      DBInstanceAutomatedBackups: [window('orders', 'db-orders', '2026-11-22T00:00:00Z', '2026-11-23T02:12:00Z')],
    });
    expect(await ask(source('2026-11-23T02:11:00Z'))).toMatchObject({ done: true });
  });
});
