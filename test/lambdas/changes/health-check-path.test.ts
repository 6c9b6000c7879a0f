import {
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { mockClient } from 'aws-sdk-client-mock';
import type { RunRef } from '../../../contract/run';
import { handler } from '../../../lambdas/changes/health-check-path';
import { releaseLease } from '../../../lambdas/run/lease';
import { awsError, newRun, withTables, verbs } from './world';

const ARN = 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/old/0123456789abcdef';
const target = { targetGroupArn: ARN, path: '/api/health' };
const elb = mockClient(ElasticLoadBalancingV2Client);
let path: string;
let run: RunRef;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  path = '/';
  elb.reset();
  elb
    .on(DescribeTargetGroupsCommand)
    .callsFake(() => ({ TargetGroups: [{ TargetGroupArn: ARN, HealthCheckPath: path }] }));
  elb.on(ModifyTargetGroupCommand).callsFake((input: { HealthCheckPath: string }) => {
    path = input.HealthCheckPath;
    return {};
  });
});
const change = () => verbs<'health-check-path'>(handler, run, 'path');

test('targets are asked by the new path, and by the old one when it is taken back', async () => {
  await change().apply(target);
  expect(path).toBe('/api/health');
  expect(await change().confirm()).toMatchObject({ done: true });
  await change().undo();
  expect(path).toBe('/');
  expect(await change().confirmUndo()).toEqual({ done: true });
});

test("somebody else's path stands", async () => {
  await change().apply(target);
  path = '/elsewhere';
  expect(await change().confirm()).toMatchObject({ done: false, progress: 'it is /elsewhere' });
  await expect(change().undo()).rejects.toThrow('did not set');
  expect(path).toBe('/elsewhere');
});

test('a group that is not there is refused by name', async () => {
  elb.on(DescribeTargetGroupsCommand).rejects(awsError('TargetGroupNotFoundException'));
  await expect(change().apply(target)).rejects.toMatchObject({ name: 'TargetGroupUnfitError' });
});
