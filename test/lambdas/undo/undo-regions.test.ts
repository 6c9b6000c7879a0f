import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeAccountAttributesCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { mockClient } from 'aws-sdk-client-mock';
import { emptyTables, startTables, stopTables } from '../tables';
import { awsError, described, settings } from '../changes/world';
import { openedRun } from '../fixtures';
import { matching } from '../matchers';
import { describe as describeEnvironment } from '../../../config/describe';
import { interviewDrills } from '../../../config/interview-drills';
import type { RunRef } from '../../../contract/run';
import { advanceChange, listChecks, listDecisions, recordChange, type NewChange } from '../../../lambdas/run/journal';
import { releaseLease, takeLease } from '../../../lambdas/run/lease';
import { handler } from '../../../lambdas/undo/undo-regions';

beforeAll(startTables);
afterAll(stopTables);

const standby = describeEnvironment(interviewDrills, 'production', 'standby');
const home = describeEnvironment(interviewDrills, 'production');
const rds = mockClient(RDSClient);
const s3 = mockClient(S3Client);
/** By region and identifier. */
const instances = new Map<string, ReturnType<typeof described>>();
let silent = false;
let object = true;
const own = standby.database.instanceIdentifier;
const primary = home.database.instanceIdentifier;
const sourceArn = `arn:aws:rds:us-east-1:123456789012:db:${primary}`;

beforeEach(async () => {
  await emptyTables();
  rds.reset();
  s3.reset();
  instances.clear();
  [silent, object] = [false, true];
  instances.set(`us-east-1 ${primary}`, described(primary));
  // The functions of these tests run in us-east-1 whatever the description says.
  instances.set(`us-east-1 ${own}`, described(own, { BackupRetentionPeriod: 14 }));
  rds
    .on(DescribeDBInstancesCommand)
    .callsFake(async (input: { DBInstanceIdentifier: string }, client: () => unknown) => {
      const of = client();
      const region = of instanceof RDSClient ? await of.config.region() : '';
      if (silent && input.DBInstanceIdentifier === primary) throw awsError('InternalFailure', 'nobody there', 503);
      const found = instances.get(`${region} ${input.DBInstanceIdentifier}`);
      if (found === undefined) throw awsError('DBInstanceNotFoundFault');
      return { DBInstances: [found] };
    });
  quota(5);
  s3.on(HeadObjectCommand).callsFake(() => {
    if (!object) throw awsError('NotFound', 'no such object', 404);
    return {};
  });
});
const quota = (used: number) =>
  rds
    .on(DescribeAccountAttributesCommand)
    .resolves({ AccountQuotas: [{ AccountQuotaName: 'DBInstances', Used: used, Max: 40 }] });

const promotion: NewChange = {
  key: 'promote-replica',
  kind: 'replica-promotion',
  target: { instance: own, backupRetentionDays: 14, moment: 'latest' },
  before: { source: sourceArn, backupRetentionDays: 0 },
  pointOfNoReturn: false,
};
const fence: NewChange = {
  key: 'fence-database',
  kind: 'database-fence',
  target: {
    host: 'i-1',
    connection: {
      address: 'home.abc.us-east-1.rds.amazonaws.com',
      port: 5432,
      name: 'interview_app',
      sslMode: 'require',
      caFile: '/ca.pem',
      masterSecretArn: standby.database.masterSecretArn,
    },
    logins: [],
  },
  before: { grantees: ['PUBLIC'] },
  pointOfNoReturn: false,
};
const leading = {
  region: 'us-west-2',
  bucket: 'switch',
  key: 'standby-serves',
  standbyServes: true,
  name: 'app.interview-drills.example',
  leadsTo: 'us-west-2.app.interview-drills.example',
};
const traffic: NewChange = {
  key: 'region-traffic',
  kind: 'region-traffic',
  target: leading,
  before: { standbyServes: false },
  pointOfNoReturn: true,
};

async function moved(...made: readonly NewChange[]): Promise<RunRef> {
  const first = await takeLease(openedRun('first'));
  for (const change of made) {
    await recordChange(first, change);
    await advanceChange('first', change.key, 'confirmed');
  }
  await releaseLease('first');
  return await takeLease(openedRun('the-undo'));
}
const look = (run: RunRef, description: typeof standby = standby) => handler({ run, of: 'first', description });
const refused = (message: RegExp, name = 'NoWayBackError') => ({ name, message: matching(message) });

test('a fail-over whose primary lives: what is opened, who leads back, and the replica that is made anew', async () => {
  const run = await moved(fence, promotion, traffic);
  await expect(look(run)).resolves.toEqual({
    region: 'us-east-1',
    publicUrl: 'http://us-east-1.app.interview-drills.example',
    opens: 'fence-database',
    leads: 'region-traffic',
    ttlSeconds: 60,
    // As promoted, but for the backups that it had none of.
    replica: { instance: own, source: sourceArn, settings: { ...settings, BackupRetentionPeriod: 0 } },
  });
  expect(await listDecisions('the-undo')).toMatchObject([
    {
      choice: `${own} is made anew, of ${sourceArn}`,
      alternatives: [{ choice: matching(/fail-back, started in us-east-1/) }],
    },
  ]);
});

test('a journal that does not say which backups the replica had leaves those that it has', async () => {
  const run = await moved(fence, { ...promotion, before: { source: sourceArn } }, traffic);
  await expect(look(run)).resolves.toMatchObject({ replica: { settings: { BackupRetentionPeriod: 14 } } });
});

test('a fail-back: the database that served from the standby serves again, and nothing is made', async () => {
  const arn = `arn:aws:rds:us-west-2:123456789012:db:${own}`;
  instances.set(`us-west-2 ${own}`, described(own));
  object = false;
  const run = await moved(
    fence,
    { ...promotion, before: { source: arn } },
    {
      ...traffic,
      target: { ...leading, standbyServes: false, leadsTo: 'us-east-1.app.interview-drills.example' },
      before: { standbyServes: true },
    },
  );
  await expect(look(run, home)).resolves.toMatchObject({
    region: 'us-west-2',
    publicUrl: 'http://us-west-2.app.interview-drills.example',
    replica: null,
  });
  expect(await listChecks('the-undo')).toEqual([]);
});

test('users who were led away since are not led anywhere by this undo', async () => {
  object = false;
  await expect(look(await moved(fence, promotion, traffic))).rejects.toMatchObject(
    refused(/somebody has led them away since. Nothing was changed/, 'RunSupersededError'),
  );
});

test('a database over there that is gone, stopped, or cannot be asked about is no way back', async () => {
  const run = await moved(fence, promotion, traffic);
  instances.set(`us-east-1 ${primary}`, described(primary, { DBInstanceStatus: 'stopped' }));
  await expect(look(run)).rejects.toMatchObject(refused(/is stopped. Nothing was changed/));
  instances.delete(`us-east-1 ${primary}`);
  await expect(look(run)).rejects.toMatchObject(refused(/is gone. Nothing was changed/));
  silent = true;
  await expect(look(run)).rejects.toMatchObject(refused(/cannot be asked about/));
});

test.each([
  [
    'fenced around its network, or not at all',
    [promotion, traffic],
    /could not be fenced from inside.*fail-back, started in us-east-1/,
  ],
  ['and this region was restored', [fence, traffic], /promoted no replica for that.*fail-back, started in us-east-1/],
])('%s: the way back is the one that loses nothing', async (_how, made, words) => {
  await expect(look(await moved(...made))).rejects.toMatchObject(refused(words));
});

test('what is not the promoted instance any more cannot give its name away', async () => {
  const run = await moved(fence, promotion, traffic);
  instances.set(`us-east-1 ${own}`, described(own, { ReadReplicaSourceDBInstanceIdentifier: sourceArn }));
  await expect(look(run)).rejects.toMatchObject(refused(/follows .* it is not what the run promoted/));
  instances.delete(`us-east-1 ${own}`);
  await expect(look(run)).rejects.toMatchObject(refused(/is gone: it is not what the run promoted/));
});

test('no room for one instance more is found before anything is changed', async () => {
  quota(40);
  await expect(look(await moved(fence, promotion, traffic))).rejects.toMatchObject(
    refused(/40 of 40 used/, 'QuotaExceededError'),
  );
});

test('a description of one region has no other one', async () => {
  const alone = { ...standby, counterpart: undefined, standby: undefined };
  await expect(look(await moved(fence, promotion, traffic), alone)).rejects.toMatchObject(refused(/names no region/));
});
