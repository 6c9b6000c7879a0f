import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { type Clock } from '../../../asl';
import { type Destination, TargetGroup } from '../../network';
import { operation } from '../operation';
import { type Place, regionalArn } from '../place';
import { AwsError, type Permission } from '../service';
import { tagList, type TagList } from './input';
import { GroupSettings, healthCheckInput } from './settings';

const invalid = 'ValidationError';

/** What target groups are made in: a network with instances. */
export interface Surroundings {
  readonly place: Place;
  readonly clock: Clock;
  readonly vpcId: string;
  /** Where an instance that runs answers on a port; undefined where there is none. */
  readonly endpointOf: (instanceId: string, port: number) => Omit<Destination, 'id'> | undefined;
}

/** A target group that somebody made here, as ELBv2 keeps it. */
export interface KeptGroup {
  readonly group: TargetGroup;
  readonly port: number;
  readonly vpcId: string;
  readonly tags: Map<string, string>;
}

/** ELB guide, Quotas: target groups a region. */
export const MOST_GROUPS = 3000;

export const nameOf = (arn: string): string => arn.split('/').at(-2) ?? '';

interface Parts {
  readonly groups: Map<string, TargetGroup>;
  readonly kept: Map<string, KeptGroup>;
  readonly surroundings: () => Surroundings;
  /** Whether a rule or a default action forwards to it. */
  readonly inUse: (group: TargetGroup) => boolean;
  readonly listeners: () => readonly string[];
  readonly requestTags: (tags: TagList | undefined) => Record<string, string | string[]>;
  readonly tags: (map: TagList) => Map<string, string>;
}

const createSchema = z.strictObject({
  // "a maximum of 32 characters, only alphanumeric characters or hyphens, must not begin or end with a hyphen" (ELBv2 API).
  Name: z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/),
  Protocol: z.literal('HTTP'),
  Port: z.number().int().min(1).max(65535),
  VpcId: z.string(),
  TargetType: z.literal('instance'),
  ProtocolVersion: z.literal('HTTP1').default('HTTP1'),
  IpAddressType: z.literal('ipv4').default('ipv4'),
  HealthCheckPath: z.string().max(1024).startsWith('/'),
  ...healthCheckInput,
  Tags: tagList.min(1).optional(),
});
export type NewGroup = Omit<z.input<typeof createSchema>, 'Protocol' | 'TargetType'>;

const targetsSchema = z.strictObject({
  TargetGroupArn: z.string(),
  Targets: z.array(z.strictObject({ Id: z.string(), Port: z.number().int().min(1).max(65535).optional() })).min(1),
});

/** `…:listener/app/<name>/<id>/<listener's id>` is below `…:loadbalancer/app/<name>/<id>`. */
const loadBalancerOf = (listenerArn: string): string =>
  listenerArn.replace(':listener/', ':loadbalancer/').replace(/\/[^/]+$/, '');

export class TargetGroups {
  readonly settings: GroupSettings;

  constructor(private readonly of: Parts) {
    this.settings = new GroupSettings({
      group: (arn) => this.#group(arn),
      allows: (operationName, arn) => this.#allows(operationName, arn),
    });
  }

  /**
   * Makes a group; the same once more finds the first, as the API's idempotence has it.
   * @throws AwsError DuplicateTargetGroupNameException, TooManyTargetGroupsException, ValidationError
   */
  make({ Name, Port, VpcId, Tags = [], ...input }: NewGroup): string {
    const { groups, kept } = this.of;
    const { place, clock, vpcId } = this.of.surroundings();
    if (VpcId !== vpcId) throw new AwsError(invalid, `The VPC ID '${VpcId}' is not found`);
    const existing = [...groups].find(([arn]) => nameOf(arn) === Name);
    if (existing !== undefined) {
      const [arn, group] = existing;
      const same = kept.get(arn)?.port === Port && this.settings.isSame(group, input);
      if (same) return arn;
      throw new AwsError(
        'DuplicateTargetGroupNameException',
        `A target group with the same name '${Name}' exists, but with different settings`,
      );
    }
    if (groups.size >= MOST_GROUPS)
      throw new AwsError(
        'TooManyTargetGroupsException',
        `The maximum number of target groups, ${MOST_GROUPS}, has been reached`,
      );
    const arn = regionalArn(place, 'elasticloadbalancing', `targetgroup/${Name}/${randomBytes(8).toString('hex')}`);
    const group = new TargetGroup(Name, clock);
    this.settings.check(group, input);
    groups.set(arn, group);
    kept.set(arn, { group, port: Port, vpcId: VpcId, tags: this.of.tags(tagList.parse(Tags)) });
    return arn;
  }

  /** @throws AwsError ResourceInUseException; one that is not there is no error (ELBv2 API) */
  remove(arn: string): void {
    const group = this.of.groups.get(arn);
    if (group === undefined) return;
    if (this.of.inUse(group))
      throw new AwsError('ResourceInUseException', `Target group '${arn}' is currently in use by a listener or a rule`);
    group.close();
    this.of.groups.delete(arn);
    this.of.kept.delete(arn);
  }

  #group(arn: string): TargetGroup {
    const found = this.of.groups.get(arn);
    if (found === undefined)
      throw new AwsError('TargetGroupNotFoundException', `One or more target groups not found: ${arn}`);
    return found;
  }

  #context(arn: string): Record<string, string | string[]> {
    const tags = [...(this.of.kept.get(arn)?.tags ?? [])];
    return {
      'aws:ResourceTag/': [],
      'elasticloadbalancing:ResourceTag/': [],
      ...Object.fromEntries(tags.map(([key, value]) => [`aws:ResourceTag/${key}`, value])),
      ...Object.fromEntries(tags.map(([key, value]) => [`elasticloadbalancing:ResourceTag/${key}`, value])),
    };
  }

  #allows(operationName: string, arn: string): Permission[] {
    return [{ action: `elasticloadbalancing:${operationName}`, resource: arn, context: this.#context(arn) }];
  }

  readonly operations = {
    DescribeLoadBalancers: operation(z.strictObject({ LoadBalancerArns: z.array(z.string()).min(1).max(20) }), {
      invalid,
      authorize: () => [{ action: 'elasticloadbalancing:DescribeLoadBalancers', resource: '*' }],
      perform: ({ LoadBalancerArns }) => {
        const there = new Set(this.of.listeners().map(loadBalancerOf));
        const missing = LoadBalancerArns.find((arn) => !there.has(arn));
        if (missing !== undefined)
          throw new AwsError('LoadBalancerNotFoundException', `Load balancers '[${missing}]' not found`);
        const { vpcId } = this.of.surroundings();
        return {
          LoadBalancers: LoadBalancerArns.map((arn) => ({
            LoadBalancerArn: arn,
            LoadBalancerName: nameOf(arn),
            Type: 'application',
            Scheme: 'internet-facing',
            VpcId: vpcId,
            State: { Code: 'active' },
          })),
        };
      },
    }),
    CreateTargetGroup: operation(createSchema, {
      invalid,
      authorize: ({ Name, Tags }) => {
        const { place } = this.of.surroundings();
        const resource = regionalArn(place, 'elasticloadbalancing', `targetgroup/${Name}/*`);
        const context = { ...this.of.requestTags(Tags), ...this.#context('') };
        return [
          { action: 'elasticloadbalancing:CreateTargetGroup', resource, context },
          ...(Tags === undefined
            ? []
            : [
                {
                  action: 'elasticloadbalancing:AddTags',
                  resource,
                  context: { ...context, 'elasticloadbalancing:CreateAction': 'CreateTargetGroup' },
                },
              ]),
        ];
      },
      perform: (input) => {
        const arn = this.make(input);
        return {
          TargetGroups: [
            {
              TargetGroupArn: arn,
              TargetGroupName: input.Name,
              Protocol: 'HTTP',
              Port: input.Port,
              VpcId: input.VpcId,
              TargetType: 'instance',
              ProtocolVersion: input.ProtocolVersion,
              IpAddressType: input.IpAddressType,
              ...this.settings.describedCheck(this.#group(arn)),
            },
          ],
        };
      },
    }),
    DeleteTargetGroup: operation(z.strictObject({ TargetGroupArn: z.string() }), {
      invalid,
      authorize: ({ TargetGroupArn }) => this.#allows('DeleteTargetGroup', TargetGroupArn),
      perform: ({ TargetGroupArn }) => {
        this.remove(TargetGroupArn);
        return {};
      },
    }),
    RegisterTargets: operation(targetsSchema, {
      invalid,
      authorize: ({ TargetGroupArn }) => this.#allows('RegisterTargets', TargetGroupArn),
      perform: ({ TargetGroupArn, Targets }) => {
        const group = this.#group(TargetGroupArn);
        const standard = this.of.kept.get(TargetGroupArn)?.port ?? 80;
        const found = Targets.map(({ Id, Port = standard }) => ({
          Id,
          endpoint: this.of.surroundings().endpointOf(Id, Port),
        }));
        const missing = found.filter(({ endpoint }) => endpoint === undefined).map(({ Id }) => `'${Id}'`);
        if (missing.length > 0)
          throw new AwsError(
            'InvalidTargetException',
            `The following targets are not in a running state and cannot be registered: ${missing.join(', ')}`,
          );
        for (const { Id, endpoint } of found)
          if (endpoint !== undefined) group.register(Id, endpoint.address, endpoint.port);
        return {};
      },
    }),
    DeregisterTargets: operation(targetsSchema, {
      invalid,
      authorize: ({ TargetGroupArn }) => this.#allows('DeregisterTargets', TargetGroupArn),
      perform: ({ TargetGroupArn, Targets }) => {
        const group = this.#group(TargetGroupArn);
        for (const { Id } of Targets) group.deregister(Id);
        return {};
      },
    }),
  };
}
