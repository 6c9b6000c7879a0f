import * as z from 'zod';
import { type HealthCheck, type TargetGroup } from '../../network';
import { operation } from '../operation';
import { AwsError, type Permission } from '../service';

const invalid = 'ValidationError';

/** A list of codes or one range, from 200 to 499 (ELBv2 API, Matcher, for application load balancers). */
const httpCodes = z
  .string()
  .regex(/^[2-4]\d\d(,[2-4]\d\d)*$|^[2-4]\d\d-[2-4]\d\d$/, 'Health check matcher HTTP code must be within 200-499');

/** What CreateTargetGroup takes of health checks, of instances over HTTP; ranges and defaults: ELBv2 API. */
export const healthCheckInput = {
  HealthCheckProtocol: z.literal('HTTP').default('HTTP'),
  HealthCheckPort: z
    .string()
    .refine((port) => port === 'traffic-port' || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535), {
      error: "Health check port must be a number from 1 to 65535 or 'traffic-port'",
    })
    .default('traffic-port'),
  HealthCheckIntervalSeconds: z.number().int().min(5).max(300).default(30),
  HealthCheckTimeoutSeconds: z.number().int().min(2).max(120).default(5),
  HealthyThresholdCount: z.number().int().min(2).max(10).default(5),
  UnhealthyThresholdCount: z.number().int().min(2).max(10).default(2),
  Matcher: z.strictObject({ HttpCode: httpCodes }).default({ HttpCode: '200' }),
};
const healthCheckSchema = z.object({ HealthCheckPath: z.string(), ...healthCheckInput });
export type HealthCheckInput = z.input<typeof healthCheckSchema>;

const matching =
  (codes: string) =>
  (status: number): boolean => {
    const [from = 0, to = from] = codes.split('-').map(Number);
    return codes.includes(',') ? codes.split(',').includes(String(status)) : status >= from && status <= to;
  };

/** @throws AwsError ValidationError */
function healthCheckOf(given: HealthCheckInput): { readonly check: HealthCheck; readonly codes: string } {
  const input = healthCheckSchema.parse(given);
  if (input.HealthCheckTimeoutSeconds >= input.HealthCheckIntervalSeconds)
    throw new AwsError(
      invalid,
      `Health check interval must be greater than the timeout: ${input.HealthCheckIntervalSeconds} s, ${input.HealthCheckTimeoutSeconds} s`,
    );
  const codes = input.Matcher.HttpCode;
  return {
    codes,
    check: {
      path: input.HealthCheckPath,
      intervalSeconds: input.HealthCheckIntervalSeconds,
      timeoutSeconds: input.HealthCheckTimeoutSeconds,
      healthyThreshold: input.HealthyThresholdCount,
      unhealthyThreshold: input.UnhealthyThresholdCount,
      matches: matching(codes),
      ...(input.HealthCheckPort === 'traffic-port' ? {} : { port: Number(input.HealthCheckPort) }),
    },
  };
}

interface Attribute {
  readonly standard: string;
  readonly takes: (value: string) => boolean;
}
const oneOf = (...values: readonly string[]): Attribute => ({
  standard: values[0] ?? '',
  takes: (value) => values.includes(value),
});
const between = (least: number, most: number, standard: string, ...others: readonly string[]): Attribute => ({
  standard,
  takes: (value) =>
    others.includes(value) || (/^\d{1,7}$/.test(value) && Number(value) >= least && Number(value) <= most),
});
const WEEK = 604_800;
const DELAY = 'deregistration_delay.timeout_seconds';
const SLOW_START = 'slow_start.duration_seconds';
const ALGORITHM = 'load_balancing.algorithm.type';

/** Of application load balancers with instances as targets: defaults and what each takes (ELBv2 API, TargetGroupAttribute). */
const attributes: Readonly<Record<string, Attribute>> = {
  [DELAY]: between(0, 3600, '300'),
  'stickiness.enabled': oneOf('false', 'true'),
  'stickiness.type': oneOf('lb_cookie', 'app_cookie'),
  'stickiness.lb_cookie.duration_seconds': between(1, WEEK, '86400'),
  'stickiness.app_cookie.duration_seconds': between(1, WEEK, '86400'),
  // Described as empty where nobody has set it; to set it so is refused.
  'stickiness.app_cookie.cookie_name': {
    standard: '',
    takes: (value) => /^[^\s;,=]{1,256}$/.test(value) && !value.startsWith('AWSALB'),
  },
  [SLOW_START]: between(30, 900, '0', '0'),
  [ALGORITHM]: oneOf('round_robin', 'least_outstanding_requests', 'weighted_random'),
  'load_balancing.algorithm.anomaly_mitigation': oneOf('off', 'on'),
  'load_balancing.cross_zone.enabled': oneOf('use_load_balancer_configuration', 'true', 'false'),
  'target_group_health.dns_failover.minimum_healthy_targets.count': between(1, 1000, '1', 'off'),
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': between(1, 100, 'off', 'off'),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': between(1, 1000, '1'),
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': between(1, 100, 'off', 'off'),
};

/** @throws AwsError InvalidConfigurationRequestException of what does not go together */
function requireTogether(of: (key: string) => string): void {
  const refused = (words: string) => new AwsError('InvalidConfigurationRequestException', words);
  if (of(SLOW_START) !== '0' && of(ALGORITHM) !== 'round_robin')
    throw refused(`Slow start mode can be enabled only with the round robin algorithm, not with ${of(ALGORITHM)}`);
  if (of('load_balancing.algorithm.anomaly_mitigation') === 'on' && of(ALGORITHM) !== 'weighted_random')
    throw refused('Anomaly mitigation can be enabled only with the weighted random algorithm');
  if (
    of('stickiness.enabled') === 'true' &&
    of('stickiness.type') === 'app_cookie' &&
    of('stickiness.app_cookie.cookie_name') === ''
  )
    throw refused('The name of the application cookie is required where stickiness is by it');
}

const modifySchema = z.strictObject({
  TargetGroupArn: z.string(),
  Attributes: z
    .array(z.strictObject({ Key: z.string(), Value: z.string() }))
    .min(1)
    .max(20),
});

/** What is set of target groups: health checks are done as they say; of the attributes only how long a target drains. */
export class GroupSettings {
  readonly #codes = new WeakMap<TargetGroup, string>();
  readonly #attributes = new WeakMap<TargetGroup, Map<string, string>>();

  constructor(
    private readonly of: {
      /** @throws AwsError TargetGroupNotFoundException */
      readonly group: (arn: string) => TargetGroup;
      readonly allows: (operationName: string, arn: string) => Permission[];
    },
  ) {}

  /** Another health check, as it was made or somebody has set it. @throws AwsError ValidationError */
  check(group: TargetGroup, input: HealthCheckInput): void {
    const { check, codes } = healthCheckOf(input);
    this.#codes.set(group, codes);
    group.setHealthCheck(check);
  }

  /** @throws AwsError ValidationError, InvalidConfigurationRequestException */
  set(group: TargetGroup, given: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(given)) {
      const known = attributes[key];
      if (known === undefined) throw new AwsError(invalid, `Target group attribute key '${key}' is not recognized`);
      if (!known.takes(value)) throw new AwsError(invalid, `'${value}' is not a valid value for '${key}'`);
    }
    const wanted = new Map([...(this.#attributes.get(group) ?? []), ...Object.entries(given)]);
    requireTogether((key) => wanted.get(key) ?? attributes[key]?.standard ?? '');
    this.#attributes.set(group, wanted);
    const delay = given[DELAY];
    if (delay !== undefined) group.deregistrationDelaySeconds = Number(delay);
  }

  attributesOf(group: TargetGroup): Record<string, string> {
    const set = this.#attributes.get(group);
    const all: Record<string, string> = Object.fromEntries(
      Object.entries(attributes).map(([key, { standard }]): [string, string] => [key, set?.get(key) ?? standard]),
    );
    return { ...all, [DELAY]: String(group.deregistrationDelaySeconds) };
  }

  /** As DescribeTargetGroups has it. */
  describedCheck(group: TargetGroup) {
    const { healthCheck: check } = group;
    return {
      HealthCheckEnabled: true,
      HealthCheckProtocol: 'HTTP' as const,
      HealthCheckPort: check.port === undefined ? 'traffic-port' : String(check.port),
      HealthCheckPath: check.path,
      HealthCheckIntervalSeconds: check.intervalSeconds,
      HealthCheckTimeoutSeconds: check.timeoutSeconds,
      HealthyThresholdCount: check.healthyThreshold,
      UnhealthyThresholdCount: check.unhealthyThreshold,
      Matcher: { HttpCode: this.#codes.get(group) ?? '200' },
    };
  }

  /** Whether a group would be made the same by this. @throws AwsError ValidationError */
  isSame(group: TargetGroup, input: HealthCheckInput): boolean {
    const { check, codes } = healthCheckOf(input);
    const has = group.healthCheck;
    const isAlike =
      check.path === has.path &&
      check.port === has.port &&
      check.intervalSeconds === has.intervalSeconds &&
      check.timeoutSeconds === has.timeoutSeconds &&
      check.healthyThreshold === has.healthyThreshold &&
      check.unhealthyThreshold === has.unhealthyThreshold;
    return isAlike && codes === (this.#codes.get(group) ?? '200');
  }

  readonly operations = {
    DescribeTargetGroupAttributes: operation(z.strictObject({ TargetGroupArn: z.string() }), {
      invalid,
      authorize: () => [{ action: 'elasticloadbalancing:DescribeTargetGroupAttributes', resource: '*' }],
      perform: ({ TargetGroupArn }) => ({ Attributes: this.#described(TargetGroupArn) }),
    }),
    ModifyTargetGroupAttributes: operation(modifySchema, {
      invalid,
      authorize: ({ TargetGroupArn }) => this.of.allows('ModifyTargetGroupAttributes', TargetGroupArn),
      perform: ({ TargetGroupArn, Attributes }) => {
        const given = Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value]));
        if (Object.keys(given).length < Attributes.length)
          throw new AwsError(invalid, 'A target group attribute was specified more than once');
        this.set(this.of.group(TargetGroupArn), given);
        return { Attributes: this.#described(TargetGroupArn) };
      },
    }),
  };

  #described(arn: string): { Key: string; Value: string }[] {
    return Object.entries(this.attributesOf(this.of.group(arn))).map(([Key, Value]) => ({ Key, Value }));
  }
}
