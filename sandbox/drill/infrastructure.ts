import { CertificateManager } from '../services/acm';
import { type GroupTargets } from '../services/auto-scaling/service';
import { CloudFormation } from '../services/cloudformation/service';
import { RememberedKind, type ResourceKind } from '../services/cloudformation/resources';
import { readTemplate } from '../services/cloudformation/template';
import { CodeBuild } from '../services/codebuild';
import { type SimulatedService } from '../services/service';
import { ServiceQuotas } from '../services/service-quotas';
import { groupKind, ruleKind, type StackParts, storedTemplate, targetGroupKind, VPC } from './stack';
import { type World } from './world';

/** The load balancer's certificate is renewed long before (ACM renews 60 days before the end). */
const VALID_DAYS = 200;

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
        ['AWS::ElasticLoadBalancingV2::TargetGroup', targetGroupKind(elb)],
        ['AWS::ElasticLoadBalancingV2::ListenerRule', ruleKind(elb, description.loadBalancer.listenerArn)],
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

  /**
   * The stack, as it was made when the hosts were: they are in service now.
   * @param parts where it has the way to the hosts too, that is there: target group and one rule that forwards to it
   */
  adopt(parts: StackParts = 'hosts'): void {
    const { autoScaling, description, elb, targets } = this.world;
    const { infrastructure, loadBalancer, autoScalingGroup } = description;
    if (infrastructure?.by !== 'cloudformation') return;
    const arn = elb.arnOf(targets) ?? '';
    if (parts !== 'hosts') autoScaling.setTargetGroups(autoScalingGroup, [arn]);
    const body = storedTemplate(description, parts);
    this.cloudFormation.templates.set(infrastructure.templateUrl, body);
    const template = readTemplate(body, infrastructure.parameters);
    const uploads = this.buckets.create(template.resources.get('Uploads')?.properties ?? {});
    const forward = elb
      .rulesOf(loadBalancer.listenerArn)
      .find(({ action }) => action.kind === 'forward' && action.groups.some(({ group }) => group === targets));
    this.cloudFormation.stacks.adopt(
      infrastructure.stack,
      template,
      new Map([
        ['Uploads', uploads],
        ['Hosts', autoScalingGroup],
        ['Targets', arn],
        ['Forward', forward?.arn ?? ''],
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
