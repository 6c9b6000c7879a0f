import { handler as settingsCompare } from '../../../lambdas/database/settings-compare';
import { settings } from '../changes/world';
import { eachInItsRun, endpoint, rds } from './situation';

const run = eachInItsRun();

describe('settings-compare', () => {
  test('answers with the endpoint where nothing differs', async () => {
    rds.put('new', { AllocatedStorage: 120 });
    expect(await settingsCompare({ run: run(), instance: 'new', settings })).toEqual({
      compared: 29,
      endpoint: { address: endpoint('new'), port: 5432 },
    });
  });

  test('lists every difference by name with both values', async () => {
    rds.put('new', {
      MultiAZ: false,
      VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-default', Status: 'active' }],
      TagList: [{ Key: 'stray', Value: 'x' }],
    });
    const failure = settingsCompare({ run: run(), instance: 'new', settings });
    await expect(failure).rejects.toMatchObject({ name: 'SettingsDifferError' });
    await expect(failure).rejects.toThrow(
      /MultiAZ is false and should be true; .*sg-default.*sg-0aaaaaaaaaaaaaaaa.*stray/,
    );
  });

  test('an instance that cannot be compared yet is asked again', async () => {
    rds.put('new', { OptionGroupMemberships: [] });
    await expect(settingsCompare({ run: run(), instance: 'new', settings })).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
    });
  });
});
