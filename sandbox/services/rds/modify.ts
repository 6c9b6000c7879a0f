import { AwsError } from '../service';
import { type Modification, taken } from './attributes';
import { type ControlPlane, takes } from './control-plane';
import { type Instance } from './instance';

/**
 * ModifyDBInstance, at once: what needs the server is pending until the instance has been through its status; what does not
 * is in force with the answer. Each is made after the answer, as RDS makes it.
 */
export function modify(plane: ControlPlane, input: Modification): Instance {
  const instance = plane.modifiable(input.DBInstanceIdentifier);
  refuseNonsense(plane, instance, input);

  if (input.NewDBInstanceIdentifier !== undefined) {
    const to = input.NewDBInstanceIdentifier;
    instance.pending.set('DBInstanceIdentifier', to);
    plane.change(instance, 'renaming', takes.renaming, () => plane.rename(instance, to));
  }
  if (input.MasterUserPassword !== undefined) {
    const password = input.MasterUserPassword;
    instance.pending.set('MasterUserPassword', '****');
    plane.change(instance, 'resetting-master-credentials', takes.resettingMasterCredentials, () =>
      plane.setMasterPassword(instance, password),
    );
  }
  if (input.VpcSecurityGroupIds !== undefined) plane.setSecurityGroups(instance, input.VpcSecurityGroupIds);
  if (input.DeletionProtection !== undefined) instance.attributes.DeletionProtection = input.DeletionProtection;
  if (input.CopyTagsToSnapshot !== undefined) instance.attributes.CopyTagsToSnapshot = input.CopyTagsToSnapshot;

  const needsServer = serverSettings(input);
  if (Object.keys(needsServer).length > 0) {
    for (const [name, value] of Object.entries(needsServer)) instance.pending.set(name, value);
    plane.change(instance, 'modifying', takes.modifying, () => {
      const logs = new Set(instance.attributes.EnabledCloudwatchLogsExports);
      for (const log of input.CloudwatchLogsExportConfiguration?.EnableLogTypes ?? []) logs.add(log);
      for (const log of input.CloudwatchLogsExportConfiguration?.DisableLogTypes ?? []) logs.delete(log);
      const { MaxAllocatedStorage } = input;
      instance.attributes = {
        ...taken(instance.attributes, { ...input, EnableCloudwatchLogsExports: undefined }),
        EnabledCloudwatchLogsExports: [...logs].sort(),
      };
      // Autoscaling is switched off by naming the size the instance has.
      if (MaxAllocatedStorage !== undefined && MaxAllocatedStorage <= instance.attributes.AllocatedStorage)
        instance.attributes.MaxAllocatedStorage = undefined;
      if (input.EnablePerformanceInsights === true) instance.attributes.PerformanceInsightsRetentionPeriod ??= 7;
      if (input.DBParameterGroupName !== undefined) instance.parameterStatus = 'pending-reboot';
    });
  }
  return instance;
}

function refuseNonsense(plane: ControlPlane, instance: Instance, input: Modification): void {
  const refuse = (message: string): never => {
    throw new AwsError('InvalidParameterCombination', message);
  };
  if (input.NewDBInstanceIdentifier !== undefined && plane.instances.has(input.NewDBInstanceIdentifier)) {
    throw new AwsError('DBInstanceAlreadyExistsFault', 'DB instance already exists');
  }
  if (input.AllocatedStorage !== undefined && input.AllocatedStorage < instance.attributes.AllocatedStorage)
    refuse('You can’t reduce the allocated storage of an instance.');
  const interval = input.MonitoringInterval ?? instance.attributes.MonitoringInterval;
  const role = input.MonitoringRoleArn ?? instance.attributes.MonitoringRoleArn;
  if (interval > 0 && role === undefined)
    refuse('A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.');
  if (![0, 1, 5, 10, 15, 30, 60].includes(interval)) refuse(`Invalid value for MonitoringInterval: ${interval}`);
  if (
    input.PerformanceInsightsRetentionPeriod !== undefined &&
    (input.EnablePerformanceInsights ?? instance.attributes.PerformanceInsightsEnabled) === false
  ) {
    refuse('PerformanceInsightsRetentionPeriod needs EnablePerformanceInsights.');
  }
}

/** What a modification changes by way of the server, by the names under which it is pending. */
function serverSettings(input: Modification): Record<string, unknown> {
  const {
    DBInstanceIdentifier: _identifier,
    ApplyImmediately: _immediately,
    NewDBInstanceIdentifier: _name,
    MasterUserPassword: _password,
    VpcSecurityGroupIds: _groups,
    DeletionProtection: _protection,
    CopyTagsToSnapshot: _copy,
    ...rest
  } = input;
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
}
