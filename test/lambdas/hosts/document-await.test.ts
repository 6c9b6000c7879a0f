import '../quiet';
import { containing } from '../matchers';
import { GetCommandInvocationCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { HOST } from '../fixtures';
import { handler as wait } from '../../../lambdas/hosts/document-await';

const ssm = mockClient(SSMClient);

test('gives how far the document is', async () => {
  ssm.on(GetCommandInvocationCommand).resolves({ Status: 'InProgress' });
  await expect(wait({ document: 'check-health', commandId: 'c-1', hosts: [HOST] })).resolves.toEqual({
    done: false,
    results: [],
  });
});

test('refuses a document that there is none of', async () => {
  await expect(wait({ document: 'format-disk', commandId: 'c-1', hosts: [HOST] })).rejects.toMatchObject({
    name: 'ContractViolationError',
    message: containing('document: should be one of inspect-host'),
  });
});
