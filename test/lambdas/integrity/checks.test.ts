import { documents } from '../../../contract/documents';
import { matching } from '../matchers';
import { probeParameters } from '../../../lambdas/integrity/checks';
import { description, measure, table } from '../fixtures';

const { database } = description;

test('the parameters of the application, as the document takes them', () => {
  const parameters = probeParameters(database, null);
  expect(documents['probe-integrity'].parameters.parse(parameters)).toEqual(parameters);
  expect(parameters).toMatchObject({
    Address: 'db.production.interview-drills.internal',
    Port: '5432',
    StatementTimeoutSeconds: '240',
    SchemaVersion: 'schema_migrations.version',
    Checks:
      'users:id:email,name,created_at ' +
      'evaluations:id:user_id,question_id,score,feedback,created_at|references=user_id>users.id|range=score>0..100 ' +
      'schema_migrations:version:version',
  });
});

test('with the keys up to which the last pass had counted', () => {
  const last = measure('2026-11-23T02:13:40Z', [table('users', 42), table('schema_migrations', 0, { through: '' })]);
  const { Checks } = probeParameters(database, last);
  expect(Checks.split(' ')).toEqual([
    'users:id:email,name,created_at:42',
    matching(/created_at\|references/),
    'schema_migrations:version:version',
  ]);
});

test.each([
  ['2026-11-23T02:13:40+00:00', true],
  ['a@b.example', true],
  ['two words', false],
  ['a|range=id>0..1', false],
  ["'; DROP TABLE users", false],
  ['$(reboot)', false],
])('a key %j is handed over: %s', (through, handed) => {
  const { Checks } = probeParameters(database, measure('2026-11-23T02:13:40Z', [table('users', 1, { through })]));
  expect(Checks.startsWith(`users:id:email,name,created_at${handed ? `:${through}` : ''} `)).toBe(true);
  expect(documents['probe-integrity'].parameters.shape.Checks.safeParse(Checks).success).toBe(true);
});
