import '../quiet';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { mockClient } from 'aws-sdk-client-mock';
import { notify } from '../../../lambdas/gateways/notifications';

const sns = mockClient(SNSClient);
sns.on(PublishCommand).resolves({});

test('a subject is ASCII on one line, fewer than 100 characters', async () => {
  await notify(`Störung\nam ${'x'.repeat(200)}`, 'text');
  const [call] = sns.commandCalls(PublishCommand);
  const subject = call?.args[0].input.Subject ?? '';
  expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/);
  expect(subject.startsWith('St?rung?am xxx')).toBe(true);
});
