import { changeKindNames, changeKinds, type ChangeKind } from './changes';

/** In which order a finished run is taken back: who leads users there first, then the data, then the hosts. */
const layers = ['traffic', 'data', 'hosts'] as const;
type Layer = (typeof layers)[number];

/** Everything that is not listed belongs to the hosts, and is taken back. */
const undoing: Partial<Record<ChangeKind, { readonly layer: Layer; readonly stays?: string }>> = {
  'dns-record': { layer: 'traffic' },
  'maintenance-page': { layer: 'traffic' },
  'auto-scaling-processes': { layer: 'traffic' },
  'listener-rule': { layer: 'traffic' },
  'traffic-shift': { layer: 'traffic' },
  'health-check-path': { layer: 'traffic' },
  // By rename the name is what leads to a database: from the last one back to the first.
  'instance-rename': { layer: 'traffic' },
  // On a server of one's own the same, in one transaction.
  'database-swap': { layer: 'traffic' },
  'database-alarms': { layer: 'data' },
  'kept-instance': { layer: 'data' },
  'database-fence': { layer: 'data' },
  'network-fence': { layer: 'data' },
  // Asks whether it is as before: what brings it back is a copy from the snapshot (statemachines/undo/restore.ts).
  schema: { layer: 'data' },
  // The replacement is kept as it is, with its data, until its expiry.
  'database-replacement': { layer: 'data' },
  'database-settings': { layer: 'data', stays: 'the replacement is kept with its settings until it expires' },
  'master-login': { layer: 'data', stays: 'the replacement is kept with its login until it expires' },
  'side-database': { layer: 'data', stays: 'the copy is kept with its data until it expires' },
  'safety-dump': { layer: 'data', stays: 'a backup is data: it is kept until it expires' },
  'region-traffic': { layer: 'traffic' },
  'replica-promotion': {
    layer: 'data',
    stays: 'a replica that was promoted never follows again: it is kept with its data',
  },
  // The replica is kept as it is until its expiry.
  'region-replica': { layer: 'data' },
  'volume-snapshot': { layer: 'hosts', stays: 'a snapshot is kept until it expires' },
  'volume-expiry': { layer: 'hosts', stays: 'what had expired and was removed cannot be had back' },
  // Where the undo fails, what it had taken back is made again, and that names the version: made anew it would have another number.
  'launch-template-version': {
    layer: 'hosts',
    stays:
      'a version is kept as those before it are: nothing launches from it any more, and its number is given only once',
  },
  // In a run that succeeded it was executed; in any other one settling has deleted it.
  'change-set': { layer: 'hosts', stays: 'a change set that was executed is history' },
  'refresh-cancellation': { layer: 'hosts', stays: 'a refresh that was cancelled is not begun again' },
  'stack-update': {
    layer: 'hosts',
    stays: 'what the stored template says is provisioned stays: to delete it again would be the disaster once more',
  },
  'infrastructure-build': {
    layer: 'hosts',
    stays: 'what Terraform has applied stays: only its own configuration says how it could be taken away',
  },
  'first-backup': { layer: 'data', stays: 'a snapshot is data: it stays until somebody deletes it' },
};

/** Why `undo` leaves a change of this kind as it is; undefined where it takes it back. */
export const whyItStays = (kind: ChangeKind): string | undefined => undoing[kind]?.stays;

/** Its place in the walk: lower is earlier. Within a layer the last change is taken back first. */
export const layerOf = (kind: ChangeKind): number => layers.indexOf(undoing[kind]?.layer ?? 'hosts');

/** What settling may take back, or make again after an undo; the other kinds stay and are kept until they expire. */
export const liftable = changeKindNames.filter(
  (kind) => changeKinds[kind].lifted !== 'never' || whyItStays(kind) === undefined,
);

/** What a plan closes the application by, before it touches data. */
export const closingKinds = ['auto-scaling-processes', 'maintenance-page', 'services'] as const;

/** What each of the walks through a journal may meet. Every one is a state of the machine: a kind of no walk has none. */
export const walks = {
  /** Of any run but those below. A rollback of the schema and a move between regions have a way of their own. */
  usual: changeKindNames.filter(
    (kind) => whyItStays(kind) === undefined && kind !== 'schema' && kind !== 'region-traffic',
  ),
  /** What a rollback of the schema can leave: that, and what of its closing could not be lifted. */
  schema: ['schema', 'database-fence', ...closingKinds],
  /** What a move can leave in force here, beside what leads users and what is kept; and of closing, what could not be lifted. */
  region: [
    'dns-record',
    'instance-rename',
    'database-alarms',
    'kept-instance',
    'region-replica',
    'network-fence',
    ...closingKinds,
  ],
} satisfies Record<string, readonly ChangeKind[]>;
