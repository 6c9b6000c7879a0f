import {
  AutoScalingClient,
  CancelInstanceRefreshCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeInstanceRefreshesCommand,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateVersionsCommand,
  DescribeLaunchTemplateVersionsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { mockClient } from 'aws-sdk-client-mock';
import { awsError } from './world';

export const TEMPLATE = 'lt-0123456789abcdef0';
const encoded = (text: string) => Buffer.from(text).toString('base64');

interface FakeRefresh {
  InstanceRefreshId: string;
  Status: string;
  StatusReason?: string;
  PercentageComplete: number;
  DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: string; Version: string } };
}

/** A group, its template and its refreshes, as AWS answers about them; a test moves them on by hand. */
export class FakeInstances {
  readonly autoScaling = mockClient(AutoScalingClient);
  readonly ec2 = mockClient(EC2Client);
  group = '2';
  /** What its instances were launched from. */
  launched: string[] = ['2', '2'];
  suspended: string[] = [];
  /** Instances that a refresh would not replace. */
  aside: { InstanceId: string; LifecycleState: string; ProtectedFromScaleIn: boolean }[] = [];
  refreshes: FakeRefresh[] = [];
  versions: {
    VersionNumber: number;
    VersionDescription: string;
    LaunchTemplateData: { ImageId?: string; UserData: string };
  }[] = [];

  reset(): void {
    this.group = '2';
    this.launched = ['2', '2'];
    this.aside = [];
    this.suspended = [];
    this.refreshes = [];
    this.versions = ['v1', 'v2'].map((release, at) => ({
      VersionNumber: at + 1,
      VersionDescription: '',
      LaunchTemplateData: { UserData: encoded(`#!/bin/bash\nRELEASE=${release}\nrun "$RELEASE"\n`) },
    }));
    this.autoScaling.reset();
    this.ec2.reset();
    this.#answerAutoScaling();
    this.#answerEc2();
  }

  userData(number: number): string {
    const found = this.versions.find(({ VersionNumber }) => VersionNumber === number);
    return Buffer.from(found?.LaunchTemplateData.UserData ?? '', 'base64').toString('utf8');
  }

  get running(): FakeRefresh | undefined {
    return this.refreshes.find(({ Status }) => ['Pending', 'InProgress', 'RollbackInProgress'].includes(Status));
  }

  start(Version: string): FakeRefresh {
    const refresh = {
      InstanceRefreshId: `refresh-${this.refreshes.length + 1}`,
      Status: 'InProgress',
      PercentageComplete: 0,
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: TEMPLATE, Version } },
    };
    this.refreshes.unshift(refresh);
    return refresh;
  }

  /** The refresh that runs ends well. */
  succeed(): void {
    const { running } = this;
    if (running === undefined) throw new TypeError('no refresh runs');
    running.Status = 'Successful';
    this.group = running.DesiredConfiguration.LaunchTemplate.Version;
    this.launched = [this.group, this.group];
  }

  #answerAutoScaling(): void {
    const template = (Version: string) => ({ LaunchTemplate: { LaunchTemplateId: TEMPLATE, Version } });
    this.autoScaling.on(DescribeAutoScalingGroupsCommand).callsFake(() => ({
      AutoScalingGroups: [
        {
          AutoScalingGroupName: 'web',
          ...template(this.group),
          SuspendedProcesses: this.suspended.map((ProcessName) => ({ ProcessName })),
          Instances: [
            ...this.launched.map((version) => ({ LifecycleState: 'InService', ...template(version) })),
            ...this.aside,
          ],
        },
      ],
    }));
    this.autoScaling.on(UpdateAutoScalingGroupCommand).callsFake((input: { LaunchTemplate: { Version: string } }) => {
      this.group = input.LaunchTemplate.Version;
      return {};
    });
    this.autoScaling.on(DescribeInstanceRefreshesCommand).callsFake(() => ({ InstanceRefreshes: this.refreshes }));
    this.autoScaling
      .on(StartInstanceRefreshCommand)
      .callsFake((input: { DesiredConfiguration: { LaunchTemplate: { Version: string } } }) => {
        if (this.running !== undefined) throw awsError('InstanceRefreshInProgressFault');
        return { InstanceRefreshId: this.start(input.DesiredConfiguration.LaunchTemplate.Version).InstanceRefreshId };
      });
    const end = (Status: string) => () => {
      if (this.running === undefined) throw awsError('ActiveInstanceRefreshNotFoundFault');
      this.running.Status = Status;
      return {};
    };
    this.autoScaling.on(CancelInstanceRefreshCommand).callsFake(end('Cancelling'));
    this.autoScaling.on(RollbackInstanceRefreshCommand).callsFake(end('RollbackInProgress'));
  }

  #answerEc2(): void {
    this.ec2.on(DescribeLaunchTemplateVersionsCommand).callsFake((input: { Versions?: string[] }) => {
      const { Versions: wanted } = input;
      const found = this.versions.filter(
        ({ VersionNumber }) => wanted === undefined || wanted.includes(String(VersionNumber)),
      );
      if (wanted !== undefined && found.length === 0) throw awsError('InvalidLaunchTemplateId.VersionNotFound');
      return { LaunchTemplateVersions: found };
    });
    this.ec2
      .on(CreateLaunchTemplateVersionCommand)
      .callsFake(
        (input: { SourceVersion: string; VersionDescription: string; LaunchTemplateData: { UserData?: string } }) => {
          const source = this.versions.find(({ VersionNumber }) => String(VersionNumber) === input.SourceVersion);
          if (source === undefined) throw awsError('InvalidLaunchTemplateId.VersionNotFound');
          const made = {
            VersionNumber: Math.max(...this.versions.map(({ VersionNumber }) => VersionNumber)) + 1,
            VersionDescription: input.VersionDescription,
            LaunchTemplateData: { ...source.LaunchTemplateData, ...input.LaunchTemplateData },
          };
          this.versions.push(made);
          return { LaunchTemplateVersion: made };
        },
      );
    this.ec2.on(DeleteLaunchTemplateVersionsCommand).callsFake((input: { Versions: string[] }) => {
      this.versions = this.versions.filter(({ VersionNumber }) => !input.Versions.includes(String(VersionNumber)));
      return {};
    });
  }
}
