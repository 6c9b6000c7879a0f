import {
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { VirtualClock } from '../../../../asl';
import { Ec2 } from '../../../../sandbox/services/ec2/service';
import { ACCOUNT, Commands, REGION, unknownToIam } from '../commands';

const ID = 'lt-0123456789abcdef0';
const encoded = (text: string) => Buffer.from(text).toString('base64');

describe('simulated launch templates', () => {
  const clock = new VirtualClock({ byHand: true });
  let ec2: Ec2;
  let commands: Commands;
  beforeEach(() => {
    ec2 = new Ec2({ partition: 'aws', account: ACCOUNT, region: REGION }, clock);
    ec2.launchTemplates.add({
      id: ID,
      name: 'web',
      data: { ImageId: 'ami-0123456789abcdef0', UserData: encoded('RELEASE=v1') },
      tags: { environment: 'drill' },
    });
    commands = new Commands(ec2);
  });
  afterEach(async () => {
    expect(await unknownToIam(commands.permissions)).toEqual([]);
    commands.close();
  });
  afterAll(() => {
    clock.close();
  });

  const create = (release: string, more: { SourceVersion?: string; ClientToken?: string } = {}) =>
    commands.run(() =>
      new EC2Client().send(
        new CreateLaunchTemplateVersionCommand({
          LaunchTemplateId: ID,
          LaunchTemplateData: { UserData: encoded(release) },
          ...more,
        }),
      ),
    );
  const versions = async (...Versions: string[]) =>
    (
      await commands.run(() =>
        new EC2Client().send(
          new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: ID, ...(Versions.length > 0 && { Versions }) }),
        ),
      )
    ).LaunchTemplateVersions?.map(({ VersionNumber }) => VersionNumber);

  it('makes a version from a source, with what is said laid over it', async () => {
    const { LaunchTemplateVersion: made } = await create('RELEASE=v2', { SourceVersion: '1' });
    expect(made).toMatchObject({
      VersionNumber: 2,
      DefaultVersion: false,
      LaunchTemplateData: { ImageId: 'ami-0123456789abcdef0', UserData: encoded('RELEASE=v2') },
    });
    expect((await create('RELEASE=v3')).LaunchTemplateVersion?.LaunchTemplateData).toEqual({
      UserData: encoded('RELEASE=v3'),
    });
    expect(await versions()).toEqual([3, 2, 1]);
    expect(await versions('$Latest')).toEqual([3]);
    expect(await versions('$Default')).toEqual([1]);
  });

  it('makes nothing for a client token that it knows, and refuses it for something else', async () => {
    const token = { SourceVersion: '1', ClientToken: 'run-1' };
    await create('RELEASE=v2', token);
    expect((await create('RELEASE=v2', token)).LaunchTemplateVersion?.VersionNumber).toBe(2);
    await expect(create('RELEASE=v9', token)).rejects.toMatchObject({ name: 'IdempotentParameterMismatch' });
    expect(await versions()).toEqual([2, 1]);
  });

  it('never gives a number again, and keeps the default version', async () => {
    await create('RELEASE=v2');
    const answer = await commands.run(() =>
      new EC2Client().send(
        new DeleteLaunchTemplateVersionsCommand({ LaunchTemplateId: ID, Versions: ['1', '2', '7'] }),
      ),
    );
    expect(answer.SuccessfullyDeletedLaunchTemplateVersions?.map(({ VersionNumber }) => VersionNumber)).toEqual([2]);
    expect(answer.UnsuccessfullyDeletedLaunchTemplateVersions?.map(({ ResponseError }) => ResponseError?.Code)).toEqual(
      ['unexpectedError', 'launchTemplateVersionDoesNotExist'],
    );
    expect((await create('RELEASE=v3')).LaunchTemplateVersion?.VersionNumber).toBe(3);
  });

  it('refuses what is not there', async () => {
    await expect(versions('5')).rejects.toMatchObject({ name: 'InvalidLaunchTemplateId.VersionNotFound' });
    await expect(create('x', { SourceVersion: '9' })).rejects.toMatchObject({
      name: 'InvalidLaunchTemplateId.VersionNotFound',
    });
    await expect(
      commands.run(() =>
        new EC2Client().send(new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: 'lt-0000000000' })),
      ),
    ).rejects.toMatchObject({ name: 'InvalidLaunchTemplateId.NotFound' });
    await expect(
      commands.run(() => new EC2Client().send(new DescribeLaunchTemplateVersionsCommand({ MaxResults: 5 }))),
    ).rejects.toThrow('MaxResults');
  });
});
