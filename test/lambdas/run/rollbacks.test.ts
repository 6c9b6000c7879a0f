import { requestSchema, type RunRef } from '../../../contract/run';
import { handler as chooseTemplate } from '../../../lambdas/instances/template-choose';
import { openRun, setRun } from '../../../lambdas/gateways/runs';
import { advanceChange, recordChange } from '../../../lambdas/run/journal';
import { releaseLease } from '../../../lambdas/run/lease';
import { rollbacks } from '../../../lambdas/run/rollbacks';
import { FakeInstances, TEMPLATE } from '../changes/fake-instances';
import { newRun, withTables } from '../changes/world';

/** What runs before this one went away from. */
const fake = new FakeInstances();
withTables();
beforeEach(() => {
  fake.reset();
});

interface Went {
  readonly from: string;
  readonly to: string;
  readonly status?: 'succeeded' | 'failed';
  readonly undone?: boolean;
  readonly plan?: 'auto-scaling-rollback' | 'load-balancer-rollback';
}
/** A run that set the group to another version of its launch template, and was settled. */
async function went({ from, to, status = 'succeeded', undone = false, plan = 'auto-scaling-rollback' }: Went) {
  const run: RunRef = await newRun(releaseLease);
  const startedAt = new Date().toISOString();
  await openRun({ id: run.id, environment: 'drill', executionArn: `arn:${run.id}`, startedAt, input: {} });
  await recordChange(run, {
    key: 'group',
    kind: 'group-launch-template',
    target: { group: 'web', templateId: TEMPLATE, version: to },
    before: { templateId: TEMPLATE, version: from },
    pointOfNoReturn: false,
  });
  await advanceChange(run.id, 'group', undone ? 'undone' : 'confirmed');
  await setRun(run.id, { plan, status, settledAt: new Date().toISOString() });
  return run.id;
}
const found = async () => (await rollbacks('drill', ['auto-scaling-rollback'])).map(({ run }) => run);

test('those that succeeded and are in force, the newest first', async () => {
  const first = await went({ from: '2', to: '3' });
  await went({ from: '3', to: '4', status: 'failed' });
  await went({ from: '3', to: '4', undone: true });
  await went({ from: '3', to: '4', plan: 'load-balancer-rollback' });
  const last = await went({ from: '3', to: '5' });
  expect((await found()).slice(0, 2)).toEqual([last, first]);
});

describe('a launch template', () => {
  const launchTemplate = {
    id: TEMPLATE,
    releaseVariable: 'RELEASE',
    hostRoleArn: 'arn:aws:iam::123456789012:role/host',
  };
  const add = (VersionNumber: number, release: string) =>
    fake.versions.push({
      VersionNumber,
      VersionDescription: '',
      LaunchTemplateData: { UserData: Buffer.from(`RELEASE=${release}\n`).toString('base64') },
    });
  const choose = async (more: object = {}) =>
    await chooseTemplate({
      run: await newRun(releaseLease),
      group: 'web',
      launchTemplate,
      request: requestSchema.parse({ plan: 'auto-scaling-rollback', ...more }),
    });

  test('that was gone back to is not gone back from by the same once more, unless it is said how far', async () => {
    const run = await went({ from: '2', to: '3' });
    add(3, 'v1');
    fake.group = '3';
    await expect(choose()).rejects.toMatchObject({ name: 'RolledBackAlreadyError' });
    await expect(choose()).rejects.toThrow(`${run} went back to version 3`);
    expect((await choose({ launchTemplateVersion: '2' })).source).toEqual({ version: '2', release: 'v2' });
  });

  test('with what was gone away from is passed over, and so are earlier versions that boot the same', async () => {
    // 1: v1, 2: v2; v2 was bad, whatever version boots it.
    add(3, 'v2');
    add(4, 'v1');
    add(5, 'v3');
    await went({ from: '3', to: '4' });
    fake.group = '5';
    expect((await choose()).source).toEqual({ version: '4', release: 'v1' });
    // Deployed once more after that, it is a release like any other.
    add(6, 'v2');
    add(7, 'v3');
    fake.group = '7';
    expect((await choose()).source).toEqual({ version: '6', release: 'v2' });
  });
});
