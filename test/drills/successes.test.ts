import * as z from 'zod';
import { instanceSettingsSchema, type InstanceSettings } from '../../contract/changes';
import { contentDigest } from '../../sandbox/databases';
import { ownTests, servingInstance } from '../../sandbox/drill/evidence';
import { containing } from '../asl/machines';
import { assemblyWith } from './assembly';
import { expectServing } from './expectations';
import { describeDrill } from './postgres';
import { Stage } from './stage';
import { stateOf } from './state';

jest.setTimeout(120_000);

const INPUT = { plan: 'database-recovery' };
const member = z.looseObject({ DBParameterGroupName: z.string() });
const describedSchema = z.looseObject({
  DBInstanceIdentifier: z.string(),
  DbiResourceId: z.string(),
  DBSubnetGroup: z.looseObject({ DBSubnetGroupName: z.string() }),
  DBParameterGroups: z.tuple([member]),
  OptionGroupMemberships: z.tuple([z.looseObject({ OptionGroupName: z.string() })]),
  VpcSecurityGroups: z.array(z.looseObject({ VpcSecurityGroupId: z.string() })),
  EnabledCloudwatchLogsExports: z.array(z.string()).default([]),
  Endpoint: z.looseObject({ Port: z.number() }),
  TagList: z.array(z.looseObject({ Key: z.string(), Value: z.string() })),
});
const answerSchema = z.looseObject({ DBInstances: z.tuple([describedSchema]) });

describeDrill('a run that succeeds, with cut-over by rename', () => {
  let stage: Stage;
  beforeAll(async () => {
    const renaming = assemblyWith((description) => ({
      ...description,
      database: { ...description.database, cutOver: 'rename' },
    }));
    stage = await Stage.open('renames', renaming);
  });
  afterAll(async () => {
    await stage.close();
  });

  const rds = async (operation: string, input: object) =>
    await stage.drill.deployment.call(stage.onlooker, 'an onlooker', 'RDS', operation, input);
  const describeInstance = async (DBInstanceIdentifier: string) =>
    answerSchema.parse(await rds('DescribeDBInstances', { DBInstanceIdentifier })).DBInstances[0];

  /** Read off RDS's own words, by nothing of the system under test. */
  async function settingsOf(identifier: string): Promise<InstanceSettings> {
    const described = await describeInstance(identifier);
    const plain = Object.fromEntries(
      Object.keys(instanceSettingsSchema.shape).map((name) => [
        name,
        Object.entries(described).find(([key]) => key === name)?.[1],
      ]),
    );
    return instanceSettingsSchema.parse({
      ...plain,
      DBSubnetGroupName: described.DBSubnetGroup.DBSubnetGroupName,
      DBParameterGroupName: described.DBParameterGroups[0].DBParameterGroupName,
      OptionGroupName: described.OptionGroupMemberships[0].OptionGroupName,
      VpcSecurityGroupIds: described.VpcSecurityGroups.map(({ VpcSecurityGroupId }) => VpcSecurityGroupId).sort(),
      EnabledCloudwatchLogsExports: [...described.EnabledCloudwatchLogsExports].sort(),
      Port: described.Endpoint.Port,
      // Those of runs are beside the application's own.
      Tags: Object.fromEntries(
        described.TagList.filter(({ Key }) => !Key.startsWith('lifeboat:')).map(({ Key, Value }) => [Key, Value]),
      ),
    });
  }

  const content = async () => {
    const serving = servingInstance(stage.world);
    if (serving?.cluster === undefined) throw new TypeError('no instance serves');
    return (await contentDigest(serving.cluster, stage.world.description.database.name, ownTests)).digest;
  };
  const spoil = async (statement: string) => {
    await servingInstance(stage.world)?.cluster?.withAdmin(stage.world.description.database.name, (admin) =>
      admin.execute(statement),
    );
  };

  test('the name moves to the replacement, which has every setting of the old instance', async () => {
    const { instanceIdentifier: name } = stage.world.description.database;
    const before = await stateOf(stage);
    const settings = await settingsOf(name);
    const { DbiResourceId: old } = await describeInstance(name);
    await spoil('DELETE FROM public.evaluations WHERE id % 3 = 0 AND id > 1');
    const ran = await stage.run(INPUT);

    expect(ran.report).toMatchObject({ status: 'succeeded', undoFailed: [], pointOfNoReturnPassed: true });
    expect(await content()).toBe(before.content);
    await expectServing(stage, before, ran);
    // By rename no record moves.
    expect((await stateOf(stage)).records).toEqual(before.records);
    expect(await settingsOf(name)).toEqual(settings);
    expect((await describeInstance(name)).DbiResourceId).not.toBe(old);
    const kept = [...stage.world.rds.plane.instances.values()].find(({ resourceId }) => resourceId === old);
    expect(kept).toMatchObject({ status: 'available', identifier: containing('lifeboat-drill-old-') });
    expect(kept?.tags.get('lifeboat:expires')).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  test('a bare restore would not have had them: the settings above are not what RDS gives anyway', async () => {
    const { instanceIdentifier: name } = stage.world.description.database;
    const settings = await settingsOf(name);
    await rds('RestoreDBInstanceToPointInTime', {
      SourceDbiResourceId: (await describeInstance(name)).DbiResourceId,
      TargetDBInstanceIdentifier: 'bare',
      UseLatestRestorableTime: true,
    });
    await stage.until(() => stage.world.rds.plane.instances.get('bare')?.status === 'available', 'the copy stands');
    const bare = await settingsOf('bare');
    const names = instanceSettingsSchema.keyof().options.filter((setting) => settings[setting] !== undefined);
    const lost = names.filter((setting) => JSON.stringify(bare[setting]) !== JSON.stringify(settings[setting]));
    expect(lost.length).toBeGreaterThan(12);
    process.stdout.write(`a bare restore loses ${lost.length} of ${names.length} settings: ${lost.join(', ')}\n`);
  });

  test('a snapshot is restored, of the instance that the run before had made', async () => {
    const { instanceIdentifier: name } = stage.world.description.database;
    const snapshot = { DBInstanceIdentifier: name, DBSnapshotIdentifier: 'before-the-migration' };
    const before = await stateOf(stage);
    await rds('CreateDBSnapshot', snapshot);
    await stage.until(() => !stage.world.rds.plane.busy, 'the snapshot is there');
    await spoil('UPDATE public.evaluations SET score = 0 WHERE id > 1');
    const ran = await stage.run({ ...INPUT, source: { snapshot: 'before-the-migration' } });
    expect(ran.report).toMatchObject({
      status: 'succeeded',
      undoFailed: [],
      restore: { kind: 'snapshot' },
    });
    expect(await content()).toBe(before.content);
    await expectServing(stage, before, ran);
  });
});
