import { emptyTables, startTables, stopTables } from '../tables';
import { HOST } from '../fixtures';
import { resetAws, ssm } from '../run/aws';
import { begin } from '../run/front-door';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
} from '@aws-sdk/client-ssm';
import { handler as wait } from '../../../lambdas/hosts/document-await';
import { handler as send } from '../../../lambdas/hosts/document-send';

beforeAll(startTables);
afterAll(stopTables);
beforeEach(async () => {
  resetAws();
  await emptyTables();
});

test('sends for a run, and gives the parsed result at the end', async () => {
  ssm
    .on(DescribeInstanceInformationCommand)
    .resolves({ InstanceInformationList: [{ InstanceId: HOST, PingStatus: 'Online' }] });
  ssm.on(SendCommandCommand).resolves({ Command: { CommandId: 'c-1' } });
  const document = 'check-health';
  const sent = await send({
    run: await begin('night-1'),
    key: 'health',
    document,
    hosts: [HOST],
    parameters: { HealthUrl: 'http://localhost:3000/api/health', Attempts: '5', SecondsBetween: '2' },
    executionTimeoutSeconds: 60,
  });
  expect(sent).toEqual({ commandId: 'c-1' });
  const result = { status: 200, attempts: 1, seconds: 0.4 };
  ssm.on(GetCommandInvocationCommand).resolves({ Status: 'Success', StandardOutputContent: JSON.stringify(result) });
  await expect(wait({ document, commandId: 'c-1', hosts: [HOST] })).resolves.toEqual({
    done: true,
    results: [{ host: HOST, result }],
  });
});
