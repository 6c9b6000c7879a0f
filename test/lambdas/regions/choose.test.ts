import type { RecoveryRequest } from '../../../contract/run';
import { choose, type Situation } from '../../../lambdas/regions/choose';
import { hereReplica, replicated, therePrimary } from '../../flows/answers';
import { instanceHereSchema, primaryThereSchema } from '../../../contract/tasks/regions';

const NOW = '2026-11-23T02:20:00.000Z';
const request: RecoveryRequest = {
  plan: 'cross-region-recovery',
  trigger: 'operator',
  mode: 'live',
  incident: {},
  acceptLoss: false,
};
const backups = [
  {
    backupArn: 'arn:aws:rds:us-west-2:123456789012:auto-backup:ab-1',
    resourceId: 'db-HOME',
    earliest: '2026-11-16T00:00:00.000Z',
    latest: '2026-11-23T02:14:00.000Z',
  },
];
const snapshots = [{ snapshot: 'copied', takenAt: '2026-11-23T02:10:00.000Z' }];

const situation: Situation = {
  back: false,
  request,
  objective: { rtoMinutes: 240, rpoMinutes: 15 },
  here: instanceHereSchema.parse(hereReplica),
  there: primaryThereSchema.parse(therePrimary),
  sources: { backups, snapshots },
  replication: { ...replicated, replayedTo: '2026-11-23T02:19:56.000Z' },
  now: NOW,
};

test('a replica that follows is promoted; what is lost is what it has not replayed', () => {
  const chosen = choose(situation);
  expect(chosen.source).toEqual({ kind: 'replica', instance: 'standby-db', moment: '2026-11-23T02:19:56.000Z' });
  expect(chosen.lossSeconds).toBe(4);
  expect(chosen.alternatives.map(({ choice }) => choice)).toEqual([
    'replicated backups up to 2026-11-23T02:14:00.000Z',
    'snapshot copied',
  ]);
});

test('loss is counted up to the detection, where that is known', () => {
  const detected = '2026-11-23T02:19:58.000Z';
  expect(choose({ ...situation, request: { ...request, incident: { detected } } }).lossSeconds).toBe(2);
});

test('without a replica that answers: replicated backups, else a copied snapshot, else nothing', () => {
  const silent = { ...situation, replication: null };
  expect(choose(silent).source).toMatchObject({ kind: 'replicated-backup', moment: 'latest' });
  expect(choose(silent).lossSeconds).toBe(360);
  expect(choose({ ...silent, sources: { backups: [], snapshots } }).source).toEqual({
    kind: 'snapshot',
    snapshot: 'copied',
    moment: '2026-11-23T02:10:00.000Z',
  });
  expect(() => choose({ ...silent, sources: { backups: [], snapshots: [] } })).toThrow(
    'there is nothing to serve from',
  );
});

test('a moment that was asked for comes from the replicated backups, replica or not', () => {
  const asked = { ...situation, request: { ...request, restoreTime: '2026-11-23T02:13:40.900Z' } };
  expect(choose(asked).source).toMatchObject({ kind: 'replicated-backup', moment: '2026-11-23T02:13:40Z' });
  const later = { ...situation, request: { ...request, restoreTime: '2026-11-23T02:19:00Z' } };
  expect(() => choose(later)).toThrow('No backups that are replicated to this region hold 2026-11-23T02:19:00Z');
});

test('a lag beyond the objective is a decision of a person', () => {
  const old = { ...situation, replication: { ...replicated, replayedTo: '2026-11-23T01:00:00.000Z' } };
  expect(() => choose(old)).toThrow('loses the writes of 4800 s');
  expect(choose({ ...old, request: { ...request, acceptLoss: true } }).lossSeconds).toBe(4800);
});

test('an instance that was promoted before is taken as it is, once somebody accepts that nobody knows the loss', () => {
  const promoted = { ...situation, replication: { ...replicated, recovering: false, replayedTo: null } };
  expect(() => choose(promoted)).toThrow('an unknown time');
  const accepted = choose({ ...promoted, request: { ...request, acceptLoss: true } });
  expect(accepted).toMatchObject({ lossSeconds: null, source: { kind: 'replica', moment: null } });
});

test('going back takes a new replica of the present primary, never what lies at home', () => {
  const back = choose({ ...situation, back: true, replication: null });
  expect(back.source).toEqual({ kind: 'replica', instance: 'home-db', moment: null });
  expect(back.lossSeconds).toBe(0);
  expect(back.alternatives[0]?.because).toContain('is kept');
  const stopped = { ...situation, back: true, there: { ...situation.there, status: 'stopped' } };
  expect(() => choose(stopped)).toThrow('it has to be available to be followed');
});
