import type { RecoverySource } from '../../contract/changes';
import type { IntegrityMeasure, Replication } from '../../contract/documents';
import { expression, variable } from '../../contract/expressions';
import type { InstanceHere, PrimaryThere, RegionalSources, RegionSource } from '../../contract/tasks/regions';

export * from '../database-recovery/values';

/** The database in this region before the run: the replica, or at home the old primary. */
export const here = variable<InstanceHere>('current');
/** The primary in the other region. */
export const there = variable<PrimaryThere>('there');
export const sources = variable<RegionalSources>('sources');
export const regionSource = variable<RegionSource>('source');
/** The same where it is restored from something. */
export const restoredFrom = expression<RecoverySource>('$source');
/** Of the replica here, as it was asked last; null where there is none that answers. */
export const replication = variable<Replication | null>('replication');
/** Where the fenced primary has ended, in its log. */
export const position = variable<string>('position');
/** What the fenced primary holds: the copy has to hold the same. */
export const primaryMeasure = variable<IntegrityMeasure>('primaryMeasure');
export const caughtUp = variable<boolean>('caughtUp');
export const fence = variable<'inside' | 'network' | 'none'>('fence');
/** Null where nobody knows. */
export const lossSeconds = variable<number | null>('lossSeconds');
/** Time whose writes are lost, as far as it is foreseen. */
export const foreseenLoss = variable<number | null>('foreseenLoss');

/** Keys of the plans' own changes in the journal. */
export const regionKeys = {
  promotion: 'promote-replica',
  replica: 'replica-beside',
  traffic: 'region-traffic',
  oldFence: 'fence-old',
} as const;

/** Whether a replica is promoted, or something is restored. One that was promoted before is taken as it is. */
export const promotes = expression<boolean>("$source.kind = 'replica' and $current.follows != null");
export const restores = expression<boolean>("$source.kind != 'replica'");

/** The name that users know. */
export const usersName = expression<string>("$replace($description.publicUrl, /^https?:\\/\\/|[:\\/].*$/, '')");
