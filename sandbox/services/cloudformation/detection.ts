import { NotSimulatedError } from '../service';
import { type Stack } from './stacks';

/** A comparison of a stack with its template. */
export interface Detection {
  readonly stack: Stack;
  readonly startedAt: Date;
  /** By logical id, once it is done. */
  found: ReadonlyMap<string, string> | undefined;
  failures: readonly { readonly Resource: string; readonly FailureReason: string }[];
}

/** In the form in which people report it. */
export const failed = (failures: Detection['failures']): string =>
  JSON.stringify({
    Summary: `Failed to detect drift on resources [${failures.map(({ Resource }) => Resource).join(',')}]`,
    Failures: failures,
  });

const describes = (service: string, ...what: readonly string[]): readonly string[] =>
  what.map((each) => `${service}:Describe${each}`);

/** What reading a resource of each type takes: the read handler's rights in the type's schema, as far as they are known. */
const reading: Readonly<Record<string, readonly string[]>> = {
  'AWS::AutoScaling::AutoScalingGroup': describes(
    'autoscaling',
    ...['AutoScalingGroups', 'LifecycleHooks', 'NotificationConfigurations', 'ScalingActivities', 'Tags'],
    'TrafficSources',
  ),
  'AWS::ElasticLoadBalancingV2::TargetGroup': describes(
    'elasticloadbalancing',
    ...['TargetGroups', 'TargetGroupAttributes', 'TargetHealth', 'Tags'],
  ),
  'AWS::ElasticLoadBalancingV2::ListenerRule': describes('elasticloadbalancing', 'Rules', 'Tags'),
  'AWS::S3::Bucket': [
    ...['Accelerate', 'Analytics', 'Encryption', 'IntelligentTiering', 'Inventory', 'Lifecycle', 'Metrics'].map(
      (each) => `s3:Get${each}Configuration`,
    ),
    's3:GetReplicationConfiguration',
    ...['CORS', 'Logging', 'Notification', 'ObjectLockConfiguration', 'OwnershipControls', 'PublicAccessBlock'].map(
      (each) => `s3:GetBucket${each}`,
    ),
    ...['s3:GetBucketTagging', 's3:GetBucketVersioning', 's3:GetBucketWebsite', 's3:ListBucket'],
  ],
};

/** @throws NotSimulatedError for a type of which that is not written here */
export function readsOf(type: string): readonly string[] {
  const actions = reading[type];
  if (actions === undefined) throw new NotSimulatedError(`What reading ${type} takes is not known here`);
  return actions;
}
