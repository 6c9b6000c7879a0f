import { RecoverySourceMissingError } from '../../contract/errors';
import type { DatabaseDescription } from '../../contract/description';
import type { CurrentInstance } from '../../contract/tasks/database';
import { lookupCname, plainName } from './dns';
import { storedSettings, type StoredSettings } from './evidence';
import { describeInstance, findInstanceByEndpoint, type Instance } from './rds';

/** The endpoint's first label is the identifier of its instance (RDS User Guide, Connecting). */
const identifierOf = (endpoint: string): string => endpoint.split('.', 1)[0] ?? endpoint;

function requireStored(identifier: string, stored: StoredSettings | null, because: string): StoredSettings {
  if (stored === null) {
    throw new RecoverySourceMissingError(
      `${because}, and no integrity probe stored the settings of ${identifier}: nothing says what to restore it like.`,
    );
  }
  return stored;
}

async function alive(database: DatabaseDescription, instance: Instance): Promise<CurrentInstance> {
  const { identifier: instanceIdentifier, resourceId, status, endpoint } = instance;
  const found = { instanceIdentifier, resourceId, status, endpoint };
  if (instance.settings === null) {
    const because = `RDS does not say all settings of ${instanceIdentifier} (status ${status})`;
    const { settings } = requireStored(instanceIdentifier, await storedSettings(instanceIdentifier), because);
    return { ...found, settings, settingsFrom: 'stored' };
  }
  const groups = instance.settings.VpcSecurityGroupIds;
  if (groups.length > 0 && groups.every((group) => group === database.fenceSecurityGroupId)) {
    // A run before this one left it fenced; a replacement like this would let nobody in either.
    const because = `${instanceIdentifier} stands behind its network fence`;
    const stored = requireStored(instanceIdentifier, await storedSettings(instanceIdentifier), because);
    const VpcSecurityGroupIds = stored.settings.VpcSecurityGroupIds;
    return { ...found, settings: { ...instance.settings, VpcSecurityGroupIds }, settingsFrom: 'instance' };
  }
  return { ...found, settings: instance.settings, settingsFrom: 'instance' };
}

/**
 * The instance that the application's name for the database leads to; where it is gone, what the last integrity probe
 * stored of it. Without a record in the hosted zone the name itself is the endpoint (cut-over by rename).
 * @throws RecoverySourceMissingError where the instance is gone and nothing of it is stored
 */
export async function currentInstance(database: DatabaseDescription): Promise<CurrentInstance> {
  const record = await lookupCname(database.hostedZoneId, database.address);
  const endpoint = record?.value ?? plainName(database.address);
  const instance =
    (await findInstanceByEndpoint(endpoint)) ??
    (record === null ? await describeInstance(database.instanceIdentifier) : null);
  if (instance !== null) return await alive(database, instance);
  const identifier = record === null ? database.instanceIdentifier : identifierOf(endpoint);
  const because = `No instance has the endpoint ${endpoint}, to which ${database.address} leads`;
  const stored = requireStored(identifier, await storedSettings(identifier), because);
  return {
    instanceIdentifier: identifier,
    resourceId: stored.resourceId,
    status: 'deleted',
    endpoint: null,
    settings: stored.settings,
    settingsFrom: 'stored',
  };
}
