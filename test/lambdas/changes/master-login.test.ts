import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/master-login';
import { listChanges } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { fakeRds } from './fake-rds';
import { awsError, newRun, withTables, verbs } from './world';

const rds = fakeRds();
const secrets = mockClient(SecretsManagerClient);
const target = {
  instance: 'lifeboat-drill-run',
  secretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:master',
};
const PASSWORD = 'swordfish-in-the-moonlight';
let run: RunRef;
const logged: string[] = [];
withTables();
beforeEach(async () => {
  rds.reset();
  rds.put(target.instance);
  secrets.reset();
  secrets
    .on(GetSecretValueCommand)
    .resolves({ VersionId: 'v-2', SecretString: JSON.stringify({ username: 'm', password: PASSWORD }) });
  run = await newRun(releaseLease);
  logged.length = 0;
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => logged.push(String(chunk)) > 0);
});
afterEach(() => jest.restoreAllMocks());
const change = () => verbs<'master-login'>(handler, run, 'login');

test('sets the password of the version in the journal, and the journal has the version alone', async () => {
  const answer = await change().apply(target);
  expect(rds.modified()).toEqual([
    { DBInstanceIdentifier: target.instance, ApplyImmediately: true, MasterUserPassword: PASSWORD },
  ]);
  expect(secrets.commandCalls(GetSecretValueCommand).map((call) => call.args[0].input)).toEqual([
    { SecretId: target.secretArn },
    { SecretId: target.secretArn, VersionId: 'v-2' },
  ]);
  const journal = await listChanges(run.id);
  expect(journal[0]).toMatchObject({ before: { secretVersion: 'v-2' }, state: 'applied' });
  expect(JSON.stringify([journal, answer, logged])).not.toContain(PASSWORD);
});

test('is not in force before nothing is pending and the instance is available', async () => {
  await change().apply(target);
  rds.put(target.instance, { PendingModifiedValues: { MasterUserPassword: '****' } });
  expect(await change().confirm()).toEqual({ done: false, progress: 'pending: MasterUserPassword' });
  rds.put(target.instance, { PendingModifiedValues: {}, DBInstanceStatus: 'resetting-master-credentials' });
  expect(await change().confirm()).toMatchObject({ done: false });
  rds.put(target.instance, { DBInstanceStatus: 'available' });
  expect(await change().confirm()).toMatchObject({ done: true });
});

test.each([['no JSON: swordfish-in-the-moonlight'], ['{"pass": "swordfish-in-the-moonlight"}'], ['']])(
  'a secret without a password is refused and not quoted: %#',
  async (SecretString) => {
    secrets.on(GetSecretValueCommand).resolves({ VersionId: 'v-2', SecretString });
    await expect(change().apply(target)).rejects.toMatchObject({ name: 'ContractViolationError' });
    expect(JSON.stringify(logged)).not.toContain(PASSWORD);
    expect(rds.modified()).toEqual([]);
  },
);

test('an instance that is busy is asked again while confirming, for as long as that takes', async () => {
  rds.mock.on(ModifyDBInstanceCommand).rejects(awsError('InvalidDBInstanceStateFault'));
  await expect(change().apply(target)).resolves.toMatchObject({ done: false });
  expect(await change().confirm()).toMatchObject({ done: false, progress: `${target.instance} is busy` });
  rds.mock.on(ModifyDBInstanceCommand).resolves({});
  expect(await change().confirm()).toMatchObject({ done: false, detail: { begun: true } });
  expect(rds.modified().at(-1)).toMatchObject({ MasterUserPassword: PASSWORD });
  expect(await change().confirm()).toMatchObject({ done: true });
  expect(JSON.stringify(await listChanges(run.id))).not.toContain(PASSWORD);
});

test('there is no way back, and undo says so', async () => {
  await change().apply(target);
  await expect(change().undo()).rejects.toMatchObject({ name: 'UndoFailedError' });
});
