import { expression, path } from '../../contract/expressions';
import * as database from '../database-recovery/intentions';
import { stopping, suspending } from '../fragments/application';
import { intend, type Intention } from '../fragments/intention';
import * as is from './values';

const { description, here, there } = is;
const standby = path<{
  region: string;
  database: { backupRetentionDays: number };
  traffic: { switchBucket: string; switchKey: string };
}>('$description.standby');

/** Whoever could write to the primary over there cannot any more: in the database itself, from a host of this region. */
export const fencing = intend('database-fence', {
  step: 'Fence the primary',
  key: is.keys.fence,
  target: {
    host: expression<string>('$hosts[0]'),
    connection: is.connectionTo(path<{ address: string; port: number }>('$there.endpoint')),
    logins: description.database.logins,
  },
  before: { grantees: is.oldGrantees },
  when: expression<boolean>("$there.status != 'deleted'"),
});
export const fencingItsNetwork = intend('network-fence', {
  step: "Fence the primary's network",
  key: is.keys.networkFence,
  target: {
    instance: there.instanceIdentifier,
    securityGroupId: path<string>('$description.counterpart.fenceSecurityGroupId'),
    region: there.region,
  },
  when: expression<boolean>('$there.arn != null'),
  insteadOf: is.keys.fence,
});

/** The point of no return: what users write from then on is accepted here. */
function leadingUsers(standbyServes: boolean, leadsTo: typeof description.publicRecord.name) {
  return intend('region-traffic', {
    step: 'Lead users to this region',
    key: is.regionKeys.traffic,
    pointOfNoReturn: true,
    target: {
      region: standby.region,
      bucket: standby.traffic.switchBucket,
      key: standby.traffic.switchKey,
      standbyServes,
      name: is.usersName,
      leadsTo,
    },
  });
}
export const leadingToTheStandby = leadingUsers(true, description.publicRecord.name);
export const leadingHome = leadingUsers(false, description.publicRecord.name);

/** Of `cross-region-recovery`. */
export const promotingTheReplica = intend('replica-promotion', {
  step: 'Promote the replica',
  key: is.regionKeys.promotion,
  target: {
    instance: here.instanceIdentifier,
    backupRetentionDays: standby.database.backupRetentionDays,
    moment: expression<string | null>("$caughtUp ? 'latest' : $replication.replayedTo"),
  },
  foreseen: {
    instance: here.instanceIdentifier,
    backupRetentionDays: standby.database.backupRetentionDays,
    moment: null,
  },
  when: is.promotes,
});
export const restoring = intend('database-replacement', {
  step: 'Restore in this region',
  key: is.keys.replacement,
  target: {
    instance: is.replacement,
    source: is.restoredFrom,
    settings: here.settings,
    expiresInDays: description.database.keepReplacedDays,
  },
  when: is.restores,
});
export const carryingOver = { ...database.carryingOver, when: is.restores };
export const givingTheMasterLogin = { ...database.givingTheMasterLogin, when: is.restores };
/** RDS renames an instance that is available, and none that has failed: then the record has to move, by Route 53's control plane. */
const isLeft = "$source.kind != 'replica' and $current.status != 'deleted'";
const isRenamed = `${isLeft} and ${is.lives.body}`;
const hasFailed = `${isLeft} and $not(${is.lives.body})`;
export const replicaIsLeft = expression<boolean>(isLeft);
export const replicaIsRenamed = expression<boolean>(isRenamed);
export const replicaHasFailed = expression<boolean>(hasFailed);
/** The name that the record leads to goes to what was restored: no record has to be changed in the disaster. */
export const takingTheName = {
  ...database.takingTheName,
  step: 'Take the name from the replica',
  when: replicaIsRenamed,
};
export const givingTheName = {
  ...database.givingTheName,
  step: 'Give the name to what was restored',
  pointOfNoReturn: false,
  when: expression<boolean>(`$source.kind != 'replica' and $not(${hasFailed})`),
};
// Nobody is led here yet: going back from it loses nothing.
const movedRecord = { ...database.movingTheRecord, pointOfNoReturn: false };
export const movingTheRecordThere = { ...movedRecord, when: replicaHasFailed };
export const keepingTheReplica = intend('kept-instance', {
  step: 'Keep the replica that could not be used',
  key: is.keys.kept,
  target: {
    instance: expression<string>(`(${isRenamed}) ? ${is.replaced.body} : $current.instanceIdentifier`),
    expiresInDays: description.database.keepReplacedDays,
  },
  upon: expression<string | null>(`(${isRenamed}) ? '${is.keys.renameOld}' : null`),
  when: replicaIsLeft,
});
export const backingUpHere = intend('first-backup', {
  step: 'Take the first backup',
  key: is.keys.backup,
  target: {
    instance: expression<string>(`(${hasFailed}) ? ${is.replacement.body} : $description.database.instanceIdentifier`),
    snapshot: is.firstBackup,
  },
});

/** In the order in which they are made. */
export const crossing: readonly Intention[] = [
  suspending,
  stopping,
  unread(fencing),
  fencingItsNetwork,
  promotingTheReplica,
  restoring,
  carryingOver,
  givingTheMasterLogin,
  takingTheName,
  givingTheName,
  movingTheRecordThere,
  leadingToTheStandby,
  keepingTheReplica,
  backingUpHere,
];

/** Of `fail-back`. */
export const replicating = intend('region-replica', {
  step: 'Make a replica of the present primary',
  key: is.regionKeys.replica,
  target: {
    instance: is.replacement,
    source: expression<string>('$there.arn'),
    settings: here.settings,
    expiresInDays: description.database.keepReplacedDays,
  },
});
export const equipping = { ...database.carryingOver, upon: is.regionKeys.replica };
export const promotingHere = intend('replica-promotion', {
  step: 'Promote the new replica',
  key: is.regionKeys.promotion,
  target: { instance: is.replacement, backupRetentionDays: here.settings.BackupRetentionPeriod, moment: 'latest' },
  upon: is.regionKeys.replica,
});
export const movingTheRecord = movedRecord;
export const takingTheOldName = {
  ...database.takingTheName,
  when: expression<boolean>("$description.database.cutOver = 'rename' and $current.status != 'deleted'"),
};
export const { lettingTheAlarmsFollow, keepingTheReplaced, backingUp } = database;
export const givingTheNameBack = { ...database.givingTheName, pointOfNoReturn: false, upon: is.regionKeys.replica };

/** It takes no connection any more: nobody could reach it when it was left. */
export const fencingTheOld = intend('network-fence', {
  step: 'Fence the old primary',
  key: is.regionKeys.oldFence,
  target: { instance: here.instanceIdentifier, securityGroupId: description.database.fenceSecurityGroupId },
  when: is.lives,
});

/** In the order in which they are made. */
export const returning: readonly Intention[] = [
  replicating,
  equipping,
  suspending,
  stopping,
  fencingTheOld,
  unread(fencing),
  promotingHere,
  movingTheRecord,
  takingTheOldName,
  givingTheNameBack,
  leadingHome,
  keepingTheReplaced,
  lettingTheAlarmsFollow,
  backingUp,
];

/** Listed without the state before: whoever may connect is asked right before. */
function unread({ before: _before, ...intention }: Intention): Intention {
  return intention;
}
