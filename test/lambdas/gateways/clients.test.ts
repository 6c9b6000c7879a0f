import '../quiet';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SSMClient } from '@aws-sdk/client-ssm';
import { client } from '../../../lambdas/gateways/clients';

test('one client a class and region, of the ordinary configuration', async () => {
  expect(client(SSMClient)).toBe(client(SSMClient));
  expect(client(SSMClient, { region: 'us-west-2' })).toBe(client(SSMClient, { region: 'us-west-2' }));
  expect(client(SSMClient, { region: 'us-west-2' })).not.toBe(client(SSMClient));
  expect(client(SFNClient)).toBeInstanceOf(SFNClient);
  await expect(client(SSMClient).config.region()).resolves.toBe('us-east-1');
  await expect(client(SSMClient, { region: 'us-west-2' }).config.region()).resolves.toBe('us-west-2');
  await expect(client(SSMClient).config.maxAttempts()).resolves.toBe(1);
});
