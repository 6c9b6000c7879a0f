import { type Description } from '../../contract/description';
import { CertificateManager } from '../services/acm';
import { type AutoScaling, type GroupTargets } from '../services/auto-scaling/service';
import { CloudFormation } from '../services/cloudformation/service';
import { RememberedKind, type ResourceKind } from '../services/cloudformation/resources';
import { readTemplate } from '../services/cloudformation/template';
import { CodeBuild } from '../services/codebuild';
import { AwsError, type SimulatedService } from '../services/service';
import { ServiceQuotas } from '../services/service-quotas';
import { type World } from './world';

/** The network that the hosts are in. */
export const VPC = 'vpc-0a1b2c3d4e5f60718';
/** The load balancer's certificate is renewed long before (ACM renews 60 days before the end). */
const VALID_DAYS = 200;

/** What the application's operators have stored of their hosts: the group with its sizes, and beside it a bucket that holds data. */
export function storedTemplate({ autoScalingGroup, launchTemplate, infrastructure }: Description): string {
  const hosts = String(infrastructure?.hosts ?? 2);
  return JSON.stringify({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'The hosts of the application',
    Parameters: { Environment: { Type: 'String' } },
    Resources: {
      Uploads: {
        Type: 'AWS::S3::Bucket',
        DeletionPolicy: 'Retain',
        Properties: { BucketName: `${autoScalingGroup}-uploads`, VersioningConfiguration: { Status: 'Enabled' } },
      },
      Hosts: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: {
          AutoScalingGroupName: autoScalingGroup,
          MinSize: hosts,
          MaxSize: hosts,
          DesiredCapacity: hosts,
          LaunchTemplate: { LaunchTemplateId: launchTemplate.id, Version: '1' },
        },
      },
    },
  });
}

/** Auto Scaling groups as CloudFormation sees them: their sizes and what they launch from. */
function groupKind(autoScaling: () => AutoScaling): ResourceKind {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const version = (template: unknown): string =>
    typeof template === 'object' && template !== null && 'Version' in template ? text(template.Version) : '';
  return {
    createOnly: ['AutoScalingGroupName'],
    create: ({ AutoScalingGroupName: name }) => {
      // A group is a name and its sizes here; what it launches hosts by is the world's.
      if (!autoScaling().has(text(name)))
        throw new AwsError('ValidationError', `The sandbox cannot make the Auto Scaling group ${text(name)} anew`);
      return text(name);
    },
    read: (name) => {
      if (!autoScaling().has(name)) return undefined;
      const { minSize, maxSize, desired } = autoScaling().sizesOf(name);
      const { group, templateId } = autoScaling().launchedFrom(name);
      return {
        AutoScalingGroupName: name,
        MinSize: String(minSize),
        MaxSize: String(maxSize),
        DesiredCapacity: String(desired),
        LaunchTemplate: { LaunchTemplateId: templateId, Version: group },
      };
    },
    update: (name, { MinSize, MaxSize, DesiredCapacity, LaunchTemplate }) => {
      autoScaling().resize(name, {
        minSize: Number(MinSize),
        maxSize: Number(MaxSize),
        desired: Number(DesiredCapacity),
      });
      if (version(LaunchTemplate) !== '') autoScaling().setVersion(name, version(LaunchTemplate));
    },
    remove: (name) => {
      throw new AwsError('ValidationError', `The sandbox deletes no Auto Scaling group: ${name}`);
    },
  };
}

/** Where the hosts' infrastructure comes from, and what it needs of the account. */
export class StoredInfrastructure {
  readonly cloudFormation: CloudFormation;
  readonly codeBuild: CodeBuild;
  readonly certificates = new CertificateManager();
  readonly quotas: ServiceQuotas;
  /** Buckets of the stack, remembered. */
  readonly buckets = new RememberedKind(['BucketName'], 'BucketName');

  constructor(private readonly world: World) {
    const { description, clock, elb } = world;
    const place = { partition: 'aws', account: description.account, region: description.region };
    this.cloudFormation = new CloudFormation(
      place,
      clock,
      new Map<string, ResourceKind>([
        ['AWS::AutoScaling::AutoScalingGroup', groupKind(() => world.autoScaling)],
        ['AWS::S3::Bucket', this.buckets],
      ]),
    );
    this.codeBuild = new CodeBuild(place, clock);
    this.quotas = new ServiceQuotas(place);
    elb.surroundedBy({
      place,
      clock,
      vpcId: VPC,
      endpointOf: (id, port) => world.allHosts.find((host) => host.id === id)?.endpoint(port),
    });
    const until = new Date(Date.now() + VALID_DAYS * 86_400_000);
    for (const arn of description.loadBalancer.certificateArns)
      this.certificates.add(arn, description.publicRecord.name, until);
  }

  get services(): readonly SimulatedService[] {
    return [this.cloudFormation, this.codeBuild, this.certificates, this.quotas];
  }

  /** The stack, as it was made when the hosts were: they are in service now. */
  adopt(): void {
    const { description } = this.world;
    const { infrastructure } = description;
    if (infrastructure?.by !== 'cloudformation') return;
    const body = storedTemplate(description);
    this.cloudFormation.templates.set(infrastructure.templateUrl, body);
    const template = readTemplate(body, infrastructure.parameters);
    const uploads = this.buckets.create(template.resources.get('Uploads')?.properties ?? {});
    this.cloudFormation.stacks.adopt(
      infrastructure.stack,
      template,
      new Map([
        ['Uploads', uploads],
        ['Hosts', description.autoScalingGroup],
      ]),
    );
  }

  /** A target group as Auto Scaling sees it; undefined once it is gone. */
  targetsOf(arn: string): GroupTargets | undefined {
    const { elb, allHosts } = this.world;
    const group = elb.groupAt(arn);
    if (group === undefined) return undefined;
    return {
      register: (id) => {
        const endpoint = allHosts.find((host) => host.id === id)?.endpoint(elb.portOf(arn));
        if (endpoint !== undefined) group.register(id, endpoint.address, endpoint.port);
      },
      deregister: (id) => {
        group.deregister(id);
      },
      holds: (id) => group.targets().some((target) => target.id === id),
      healthy: (id) => group.targets().some((target) => target.id === id && target.state === 'healthy'),
    };
  }
}
