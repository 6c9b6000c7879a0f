import { expiry, type Change } from './define';
import type { ChainOf, Link } from './chain';
import { mountOf, volumeOf } from './volume-parameters';

type Files = Change<'files'>;

/** systemd gives a unit 90 s to stop (DefaultTimeoutStopSec), and there may be eight. */
const STOP_SECONDS = 800;
const START_SECONDS = 300;
const MOUNT_SECONDS = 300;
/** 30 questions of at most 10 s and 2 s between them. */
const HEALTH_SECONDS = 400;
/** Renames of a few entries. */
const EXCHANGE_SECONDS = 300;
/** A merge rewrites at the disk's speed: a hundred gigabytes at 15 MB/s are less than two hours. */
const MERGE_SECONDS = 7200;
const CHECK_SECONDS = 1800;
const AIR_SECONDS = 900;

const stop = ({ target }: Files): Link => ({
  document: 'stop-services',
  parameters: { Services: target.services.join(' ') },
  seconds: STOP_SECONDS,
});
const start = ({ target }: Files): Link => ({
  document: 'start-services',
  parameters: { Services: target.services.toReversed().join(' ') },
  seconds: START_SECONDS,
});
const open = ({ target }: Files): Link => ({
  document: 'open-volume',
  parameters: mountOf(target.volume),
  seconds: MOUNT_SECONDS,
});
const healthy = ({ target }: Files): Link => ({
  document: 'check-health',
  parameters: { HealthUrl: target.healthUrl, Attempts: '30', SecondsBetween: '2' },
  seconds: HEALTH_SECONDS,
});

/** Takes the volume back to a snapshot; what was there is kept in one named `target.before`. */
function merge({ run, target }: Files, snapshot: string): Link[] {
  const { volume, before } = target;
  const where = { ...volumeOf(volume), Snapshot: snapshot, Safety: before };
  return [
    { document: 'close-volume', parameters: mountOf(volume), seconds: MOUNT_SECONDS },
    {
      document: 'merge-snapshot',
      parameters: {
        ...where,
        Megabytes: String(volume.snapshotMegabytes),
        Run: run.id,
        Expires: expiry(volume.keepSnapshotDays),
      },
      seconds: MOUNT_SECONDS,
    },
    {
      document: 'await-merge',
      parameters: { ...where, Seconds: String(MERGE_SECONDS) },
      seconds: MERGE_SECONDS + AIR_SECONDS,
    },
    {
      document: 'check-volume',
      parameters: { ...volumeOf(volume), AllowRepair: volume.allowRepair ? 'yes' : 'no' },
      seconds: CHECK_SECONDS,
    },
  ];
}

/** Exchanges the volume group for the one that was taken in beside it, or back. */
function exchangeVolumes({ target }: Files, to: 'aside' | 'before'): Link[] {
  const { volume, aside, before } = target;
  return [
    { document: 'close-volume', parameters: mountOf(volume), seconds: MOUNT_SECONDS },
    {
      document: 'swap-volumes',
      parameters: { ...volumeOf(volume), Aside: aside, Before: before, To: to },
      seconds: EXCHANGE_SECONDS,
    },
  ];
}

/** Stopped, exchanged, started, healthy. */
export function placing(change: Files): ChainOf {
  const { run, target } = change;
  const { source, volume } = target;
  const exchange: Link[] =
    source.kind === 'lvm-snapshot'
      ? [...merge(change, source.snapshot), open(change)]
      : source.kind === 'ebs-snapshot'
        ? [...exchangeVolumes(change, 'aside'), open(change)]
        : [
            {
              document: 'swap-files',
              parameters: { Folder: volume.mountPoint, Run: run.id, Expires: expiry(target.keepReplacedDays) },
              seconds: EXCHANGE_SECONDS,
            },
          ];
  return () => [stop(change), ...exchange, start(change), healthy(change)];
}

/**
 * Stopped, put back, started. Whether the services live with the files of before is not for this to judge: they may be what
 * was damaged.
 */
export function puttingBack(change: Files): ChainOf {
  const { run, target, before } = change;
  const { source, volume, services } = target;
  const back: Link[] =
    source.kind === 'lvm-snapshot'
      ? [
          {
            document: 'undo-merge',
            parameters: {
              ...mountOf(volume),
              Services: services.join(' '),
              Snapshot: source.snapshot,
              Safety: target.before,
              Run: run.id,
              Seconds: String(2 * MERGE_SECONDS),
            },
            seconds: 2 * MERGE_SECONDS + AIR_SECONDS,
          },
        ]
      : source.kind === 'ebs-snapshot'
        ? exchangeVolumes(change, 'before')
        : [
            {
              document: 'put-back-files',
              parameters: { Folder: volume.mountPoint, Run: run.id },
              seconds: EXCHANGE_SECONDS,
            },
          ];
  return (host) => [
    stop(change),
    ...back,
    // Archives never unmount it.
    ...(source.kind.endsWith('-snapshot') && before.mounted.includes(host) ? [open(change)] : []),
    { ...start(change), lenient: true },
  ];
}
