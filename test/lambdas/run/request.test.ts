import { parseRequest } from '../../../lambdas/run/request';
import { containing, thrown } from '../matchers';
import { startedAt } from '../fixtures';

const plan = 'database-recovery';

test('the smallest useful input', () => {
  expect(parseRequest({ plan }, startedAt)).toEqual({
    plan,
    trigger: 'operator',
    mode: 'live',
    incident: {},
    acceptLoss: false,
  });
});

test.each([
  [{ plan, restoreTime: 'latest' }],
  [{ plan, restoreTime: startedAt }],
  [{ plan, restoreTime: '2026-11-23T03:13:40+01:00' }],
  [{ plan, source: { snapshot: 'rds:nightly-2026-11-23' }, acceptLoss: true, reason: 'a person said so' }],
  [{ plan: 'database-rollback', restoreTime: startedAt }],
  [{ plan: 'database-rollback', source: { backup: 'db_20261122_020000.sql.gz' } }],
  [{ plan, trigger: 'alarm', incident: { fault: '2026-11-23T02:13:40Z', detected: '2026-11-23T02:20:30Z' } }],
])('takes %j', (input) => {
  expect(parseRequest(input, startedAt)).toMatchObject(input);
});

test.each<[unknown, string]>([
  [null, 'the input should be an object such as {"plan": "database-recovery"}'],
  ['text', 'the input should be an object'],
  [[], 'the input should be an object'],
  [{}, 'plan: should be one of '],
  [{ plan: 'no-such-plan' }, 'plan: should be one of '],
  [{ plan, restoretime: 'latest' }, 'unknown field "restoretime" (fields: plan, trigger, mode, incident'],
  [{ plan, incident: { since: startedAt } }, 'unknown field "since" in incident'],
  [{ plan, trigger: 'cron' }, 'trigger: should be one of alarm, operator, schedule'],
  [{ plan, mode: 'practise' }, 'mode: should be one of live, rehearse'],
  [{ plan, restoreTime: 'yesterday' }, 'restoreTime: should be "latest" or a time such as 2026-11-23T02:13:40Z'],
  [{ plan, restoreTime: '2026-11-23 02:13:40' }, 'restoreTime: should be "latest" or a time'],
  [{ plan, restoreTime: '2026-13-45T02:13:40Z' }, 'restoreTime: should be "latest" or a time'],
  [{ plan, restoreTime: '2026-11-23T02:20:01Z' }, 'restoreTime: should not be in the future'],
  [{ plan, restoreTime: 'latest', source: { snapshot: 'a' } }, 'restoreTime, source: should be one of the two'],
  [{ plan, source: { snapshot: 'a; rm -rf /' } }, 'source.snapshot: should be the identifier of a snapshot'],
  [{ plan, source: { snapshot: '$(reboot)' } }, 'source.snapshot: should be the identifier of a snapshot'],
  [{ plan, source: {} }, 'source: should be either a snapshot or a backup'],
  [{ plan, source: { snapshot: 'a', backup: 'b' } }, 'source: should be either a snapshot or a backup'],
  [{ plan: 'file-system-rollback', source: { backup: 'b' } }, 'source.backup: should not be given'],
  [{ plan, source: { backup: '../etc/passwd' } }, 'source.backup: should be the name of a file'],
  [{ plan: 'database-rollback' }, 'restoreTime, source: one of them should be given'],
  [{ plan: 'database-rollback', restoreTime: 'latest' }, 'restoreTime: should be a time to go back to'],
  [{ plan, reason: 'see `reboot`' }, 'reason: should be plain text'],
  [{ plan, reason: '<b>' }, 'reason: should be plain text'],
  [{ plan, reason: 'x'.repeat(501) }, 'reason: '],
  [{ plan, acceptLoss: 'yes' }, 'acceptLoss: '],
  [{ plan, incident: { detected: '2026-11-23T02:22:00Z' } }, 'incident.detected: should not be in the future'],
  [
    { plan, incident: { fault: '2026-11-23T02:10:00Z', detected: '2026-11-23T02:09:00Z' } },
    'incident.fault: should not be after incident.detected',
  ],
])('refuses %j: %s', (input, words) => {
  expect(thrown(() => parseRequest(input, startedAt))).toMatchObject({
    name: 'InvalidInputError',
    message: containing(words),
  });
});
