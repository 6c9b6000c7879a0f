import { expression, path } from '../../contract/expressions';
import { closing } from '../fragments/application';
import { intend, unread, type Intention } from '../fragments/intention';
import * as is from './values';

const { current, description } = is;
const { database } = description;
const byRecord = expression<boolean>("$description.database.cutOver = 'dns'");
const byRename = expression<boolean>("$description.database.cutOver = 'rename'");
const oldEndpoint = path<{ address: string; port: number }>('$current.endpoint');

/** What a recovery of the database changes. `foreseen`: the endpoint of the copy is AWS's, and known once it is there. */
export const replacing = intend('database-replacement', {
  step: 'Restore beside the old instance',
  key: is.keys.replacement,
  target: {
    instance: is.replacement,
    source: is.source,
    settings: is.settings,
    expiresInDays: database.keepReplacedDays,
  },
});
export const carryingOver = intend('database-settings', {
  step: 'Carry over what a restore cannot take',
  key: is.keys.settings,
  target: { instance: is.replacement, settings: current.settings },
  upon: is.keys.replacement,
});
export const fencing = intend('database-fence', {
  step: 'Fence the old database',
  key: is.keys.fence,
  target: {
    host: expression<string>('$hosts[0]'),
    connection: is.connectionTo(oldEndpoint),
    logins: database.logins,
  },
  before: { grantees: is.oldGrantees },
  when: is.lives,
});
export const fencingItsNetwork = intend('network-fence', {
  step: "Fence the old instance's network",
  key: is.keys.networkFence,
  target: { instance: current.instanceIdentifier, securityGroupId: database.fenceSecurityGroupId },
  when: is.lives,
  insteadOf: is.keys.fence,
});
export const givingTheMasterLogin = intend('master-login', {
  step: "Give the copy today's master login",
  key: is.keys.masterLogin,
  target: { instance: is.replacement, secretArn: database.masterSecretArn },
});
export const movingTheRecord = intend('dns-record', {
  step: 'Move the record',
  key: is.keys.record,
  pointOfNoReturn: true,
  target: {
    hostedZoneId: database.hostedZoneId,
    name: database.address,
    value: is.endpoint.address,
    ttlSeconds: database.recordTtlSeconds,
  },
  foreseen: {
    hostedZoneId: database.hostedZoneId,
    name: database.address,
    value: expression<string>(`'the endpoint of ' & ${is.replacement.body}`),
    ttlSeconds: database.recordTtlSeconds,
  },
  when: byRecord,
});
export const takingTheName = intend('instance-rename', {
  step: 'Take the name from the old instance',
  key: is.keys.renameOld,
  target: { from: current.instanceIdentifier, to: is.replaced },
  when: byRename,
});
export const givingTheName = intend('instance-rename', {
  step: 'Give the name to the replacement',
  key: is.keys.renameNew,
  pointOfNoReturn: true,
  target: { from: is.replacement, to: current.instanceIdentifier },
  upon: is.keys.replacement,
  when: byRename,
});
export const keepingTheReplaced = intend('kept-instance', {
  step: 'Keep the replaced instance',
  key: is.keys.kept,
  target: { instance: is.keptInstance, expiresInDays: database.keepReplacedDays },
  upon: expression<string | null>(`$description.database.cutOver = 'rename' ? '${is.keys.renameOld}' : null`),
  when: expression<boolean>("$current.status != 'deleted'"),
});
export const lettingTheAlarmsFollow = intend('database-alarms', {
  step: 'Let the alarms follow',
  key: is.keys.alarms,
  target: { alarms: description.databaseAlarms, from: current.instanceIdentifier, to: is.replacement },
  when: expression<boolean>("$description.database.cutOver = 'dns' and $count($description.databaseAlarms) > 0"),
});
export const backingUp = intend('first-backup', {
  step: 'Take the first backup',
  key: is.keys.backup,
  target: { instance: is.serving, snapshot: is.firstBackup },
});

/** In the order in which they are made. */
export const intentions: readonly Intention[] = [
  replacing,
  ...closing,
  // Whoever may connect is asked right before; a plan that waits for a person would have asked too early.
  unread(fencing),
  fencingItsNetwork,
  carryingOver,
  givingTheMasterLogin,
  movingTheRecord,
  takingTheName,
  givingTheName,
  keepingTheReplaced,
  lettingTheAlarmsFollow,
  backingUp,
];
