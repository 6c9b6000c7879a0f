import * as fc from 'fast-check';
import { TAGS } from '../../../contract/environment';
import {
  carriedTags,
  modification,
  provisioned,
  settingDifferences,
  settingsOf,
} from '../../../lambdas/gateways/rds-settings';
import { described, settings } from '../changes/world';

test('reads every setting, and none where one is missing', () => {
  expect(settingsOf(described('orders'))).toEqual(settings);
  for (const name of [
    'DBInstanceClass',
    'DBSubnetGroup',
    'Endpoint',
    'DeletionProtection',
    'BackupRetentionPeriod',
  ] as const) {
    const partial = Object.entries(described('orders')).filter(([field]) => field !== name);
    expect(settingsOf(Object.fromEntries(partial))).toBeNull();
  }
});

test('carries neither Lifeboat’s own tags nor those of AWS', () => {
  const own = Object.fromEntries(Object.values(TAGS).map((name) => [name, 'x']));
  expect(carriedTags({ ...own, 'aws:cloudformation:stack-id': 'x', 'lifeboat:hosts': 'kept', team: 'a' })).toEqual({
    'lifeboat:hosts': 'kept',
    team: 'a',
  });
});

test('order is no difference, more storage is none, less is', () => {
  const groups = { ...settings, VpcSecurityGroupIds: ['a', 'b'], Tags: { x: '1', y: '2' } };
  const other = { ...groups, VpcSecurityGroupIds: ['b', 'a'], Tags: { y: '2', x: '1' } };
  expect(settingDifferences(groups, other)).toEqual([]);
  expect(settingDifferences(settings, { ...settings, AllocatedStorage: 101 })).toEqual([]);
  expect(settingDifferences(settings, { ...settings, AllocatedStorage: 99 })).toEqual([
    { name: 'AllocatedStorage', expected: '100', actual: '99' },
  ]);
});

test.each([
  [{ StorageType: 'gp3', AllocatedStorage: 399 }, {}],
  [
    { StorageType: 'gp3', AllocatedStorage: 400 },
    { Iops: 3000, StorageThroughput: 125 },
  ],
  [{ StorageType: 'io2', AllocatedStorage: 100 }, { Iops: 3000 }],
  [{ StorageType: 'gp2', AllocatedStorage: 1000 }, {}],
])('%j takes %j', (storage, expected) => {
  expect(provisioned({ ...settings, ...storage })).toEqual(expected);
});

test('asks for nothing where nothing differs, and whatever differs leads to a request', () => {
  expect(modification(settings, settings)).toEqual({});
  const fixed = ['DBSubnetGroupName', 'Tags'];
  const names = settingDifferences(settings, { ...settings }).map(({ name }) => name);
  expect(names).toEqual([]);
  fc.assert(
    fc.property(fc.constantFrom(...Object.entries(settings)), ([name, value]) => {
      const other =
        typeof value === 'number'
          ? value - 1
          : typeof value === 'boolean'
            ? !value
            : Array.isArray(value)
              ? ['other']
              : 'other';
      const actual = { ...settings, ...Object.fromEntries([[name, name === 'Tags' ? { other: 'x' } : other]]) };
      expect(Object.keys(modification(settings, actual)).length > 0).toBe(!fixed.includes(name));
    }),
    { numRuns: 300 },
  );
});

test('names together what RDS wants named together, and switches off what is not wanted', () => {
  const fixedSize = { ...settings };
  delete fixedSize.MaxAllocatedStorage;
  expect(modification(fixedSize, settings)).toEqual({ MaxAllocatedStorage: 100 });
  expect(modification(settings, { ...settings, StorageType: 'gp2' })).toEqual({
    StorageType: 'gp3',
    AllocatedStorage: 100,
  });
  expect(modification(settings, { ...settings, EnabledCloudwatchLogsExports: ['upgrade'] })).toEqual({
    CloudwatchLogsExportConfiguration: { EnableLogTypes: ['postgresql'], DisableLogTypes: ['upgrade'] },
  });
});
