import * as codeBuild from '@aws-sdk/client-codebuild';
import { mockClient } from 'aws-sdk-client-mock';
import { VirtualClock } from '../../../asl';
import type { RunRef } from '../../../contract/run';
import { handler as build } from '../../../lambdas/changes/infrastructure-build';
import { findChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { CodeBuild } from '../../../sandbox/services/codebuild';
import { containing } from '../matchers';
import { answeredBy } from './simulated';
import { newRun, withTables, verbs } from './world';

const place = { partition: 'aws', account: '123456789012', region: 'us-east-1' };
let run: RunRef;
let clock: VirtualClock;
withTables();
beforeEach(async () => {
  run = await newRun(releaseLease);
  clock = new VirtualClock({ byHand: true });
});
afterEach(() => {
  clock.close();
});

describe('a build that runs Terraform', () => {
  const builds = mockClient(codeBuild.CodeBuildClient);
  const applied: Record<string, string>[] = [];
  let terraform: CodeBuild;
  let fails: string | undefined;
  const building = { project: 'shop', variables: { environment: 'production', backup_restore: 'true' } };
  const change = () => verbs<'infrastructure-build'>(build, run, 'build');
  beforeEach(() => {
    fails = undefined;
    applied.length = 0;
    terraform = new CodeBuild(place, clock);
    terraform.addProject('shop', (variables) => {
      if (fails !== undefined) throw new Error(fails);
      applied.push({ ...variables });
    });
    builds.reset();
    const { StartBuildCommand, StopBuildCommand, BatchGetBuildsCommand, ListBuildsForProjectCommand } = codeBuild;
    answeredBy(builds, terraform, {
      StartBuildCommand,
      StopBuildCommand,
      BatchGetBuildsCommand,
      ListBuildsForProjectCommand,
    });
  });

  test('it gets the variables, goes through its phases, and a repeated call starts no other', async () => {
    await change().apply(building);
    await change().apply(building);
    await clock.advance(10_000);
    expect(await change().confirm()).toMatchObject({ done: false, progress: 'PROVISIONING' });
    await clock.advance(200_000);
    expect(await change().confirm()).toMatchObject({ done: true });
    expect(applied).toEqual([
      { TF_VAR_environment: 'production', TF_VAR_backup_restore: 'true', LIFEBOAT_CHANGE: `${run.id}-build` },
    ]);
    await change().undo();
    expect(await change().confirmUndo()).toEqual({ done: true });
  });

  test('where the run ends before Terraform works, the build is stopped', async () => {
    await change().apply(building);
    await clock.advance(10_000);
    await change().undo();
    expect(await change().confirmUndo()).toEqual({ done: true });
    await clock.advance(300_000);
    expect(applied).toEqual([]);
    expect(terraform.interrupted).toEqual([]);
    expect(await findChange(run.id, 'build')).toMatchObject({ state: 'undone', detail: { stopped: true } });
  });

  test('Terraform at work is let end, and until then it is not settled', async () => {
    await change().apply(building);
    await clock.advance(40_000);
    expect(await change().confirm()).toMatchObject({ progress: 'BUILD' });
    await change().undo();
    expect(await change().confirmUndo()).toMatchObject({ done: false, progress: 'the build is in BUILD' });
    await clock.advance(300_000);
    expect(await change().confirmUndo()).toEqual({ done: true });
    expect(applied).toHaveLength(1);
    expect(terraform.interrupted).toEqual([]);
  });

  test("a build that the journal does not know is found by its mark, and nobody else's is stopped", async () => {
    const token = `${run.id}-build`;
    builds
      .on(codeBuild.StartBuildCommand)
      .rejectsOnce(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
    await expect(change().apply(building)).rejects.toThrow();
    const start = (mark: string) =>
      terraform.operations.StartBuild.perform(
        {
          projectName: 'shop',
          environmentVariablesOverride: [{ name: 'LIFEBOAT_CHANGE', value: mark, type: 'PLAINTEXT' }],
        },
        { roleArn: '', account: place.account, region: place.region },
      );
    await start(token);
    await change().undo();
    expect(await change().confirmUndo()).toEqual({ done: true });
    expect(await findChange(run.id, 'build')).toMatchObject({ detail: { stopped: true } });

    run = await newRun(releaseLease);
    builds
      .on(codeBuild.StartBuildCommand)
      .rejectsOnce(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
    await expect(change().apply(building)).rejects.toThrow();
    await start("somebody else's");
    await change().undo();
    await clock.advance(300_000);
    expect(applied).toEqual([{ LIFEBOAT_CHANGE: "somebody else's" }]);
  });

  test('what Terraform says of its failure is told', async () => {
    fails = 'Error: creating EC2 Instance: VcpuLimitExceeded';
    await change().apply(building);
    await clock.advance(300_000);
    await expect(change().confirm()).rejects.toMatchObject({
      name: 'ProvisioningFailedError',
      message: containing('VcpuLimitExceeded'),
    });
  });

  test('a build that runs already is not joined by another one', async () => {
    await verbs<'infrastructure-build'>(build, run, 'first').apply(building);
    await expect(change().apply(building)).rejects.toMatchObject({ name: 'ChangeConflictError' });
    await expect(findChange(run.id, 'build')).rejects.toThrow();
  });

  test('a project that is not there is refused by name', async () => {
    await expect(change().apply({ ...building, project: 'nowhere' })).rejects.toMatchObject({
      name: 'InfrastructureUnfitError',
    });
  });
});
