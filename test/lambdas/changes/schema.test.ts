import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/schema';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { matching } from '../matchers';
import { fakeHosts, one } from './fake-hosts';
import { newRun, withTables, undoOf, verbs } from './world';

const hosts = fakeHosts();
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  hosts.reset();
});

const connection = {
  address: 'db.example.internal',
  port: 5432,
  name: 'orders',
  sslMode: 'verify-full' as const,
  caFile: '/etc/ssl/rds.pem',
  masterSecretArn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:master-a1b2c3',
};
const target = {
  host: one,
  connection,
  versions: 'schema_migrations.version',
  releasesFolder: '/var/www/releases',
  release: 'v1.3.0',
  version: '1.2.0',
  snapshot: 'lifeboat-drill-safety-1',
};
const before = { versions: ['1.3.0', '1.2.0'] };

/** Rolled back by a run, which another one takes back. */
async function undone() {
  await verbs<'schema'>(handler, run, 'schema').apply(target, { before, pointOfNoReturn: true });
  hosts.end({ code: 0, line: { was: '1.3.0', is: '1.2.0', undone: ['1.3.0'] } });
  await verbs<'schema'>(handler, run, 'schema').confirm();
  const undo = await undoOf(run, releaseLease);
  hosts.end(null);
  await handler({ verb: 'undo', run: undo, key: 'schema', of: run.id });
  return { confirmUndo: () => handler({ verb: 'confirm-undo', run: undo, key: 'schema', of: run.id }) };
}

test('the database is asked whether every migration is applied again, and no migration is run', async () => {
  const back = await undone();
  expect(hosts.sent().map(({ DocumentName }) => DocumentName)).toEqual([
    'lifeboat-drill-rollback-schema',
    'lifeboat-drill-inspect-schema',
  ]);
  expect(await back.confirmUndo()).toMatchObject({ done: false });
  hosts.end({ code: 0, line: { versions: ['1.3.0', '1.2.0'] } });
  expect(await back.confirmUndo()).toMatchObject({ done: true });
  expect(await findChange(run.id, 'schema')).toMatchObject({ state: 'undone' });
});

test('where one is not, that is said with the snapshot that has what was dropped', async () => {
  const back = await undone();
  hosts.end({ code: 0, line: { versions: ['1.2.0'] } });
  await expect(back.confirmUndo()).rejects.toMatchObject({
    name: 'UndoFailedError',
    message: matching(/was 1\.3\.0 and is 1\.2\.0.*lifeboat-drill-safety-1/),
  });
  expect(await findChange(run.id, 'schema')).toMatchObject({ state: 'undo-failed' });
});
