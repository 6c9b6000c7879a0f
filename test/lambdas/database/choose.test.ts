import * as fc from 'fast-check';
import { errors } from '../../../contract/errors';
import { requestSchema } from '../../../contract/run';
import { choose, type Situation } from '../../../lambdas/database/choose';

const backup = (resourceId: string, earliest: string, latest: string) => ({
  resourceId,
  instanceIdentifier: resourceId.slice(3),
  earliest: `2026-11-${earliest}:00Z`,
  latest: `2026-11-${latest}:00Z`,
});
const COPY = 'arn:aws:rds:us-west-2:123456789012:snapshot:rds:copy-21';
const base: Situation = {
  request: requestSchema.parse({ plan: 'database-recovery' }),
  objective: { rtoMinutes: 240, rpoMinutes: 15 },
  current: { instanceIdentifier: 'new', resourceId: 'db-new', status: 'available' },
  sources: {
    pointInTime: [backup('db-new', '22T12:00', '23T02:20'), backup('db-old', '16T00:00', '22T12:30')],
    snapshots: [
      { snapshot: 'rds:daily-22', takenAt: '2026-11-22T03:00:00Z' },
      { snapshot: 'daily-23', takenAt: '2026-11-23T02:00:00Z' },
    ],
    copiedSnapshots: [{ snapshotArn: COPY, region: 'us-west-2', takenAt: '2026-11-21T03:00:00Z' }],
  },
  passes: [{ takenAt: '2026-11-23T02:15:00Z', resourceId: 'db-new' }],
  now: '2026-11-23T02:25:00Z',
};
const situation = (ask: Record<string, unknown>, more: Partial<Situation> = {}): Situation => ({
  ...base,
  ...more,
  request: requestSchema.parse({ plan: 'database-recovery', ...ask }),
});
const nothing = { pointInTime: [], snapshots: [], copiedSnapshots: [] };

describe('without being asked for anything', () => {
  test('goes back to the last pass, in the backups of the instance that was measured', () => {
    const { source, predictedLossSeconds, alternatives } = choose(base);
    expect(source).toEqual({
      kind: 'point-in-time',
      resourceId: 'db-new',
      instanceIdentifier: 'new',
      moment: '2026-11-23T02:15:00Z',
    });
    expect(predictedLossSeconds).toBe(600);
    expect(alternatives.map(({ choice }) => choice)).toEqual([
      'point in time, 2026-11-16T00:00:00Z to 2026-11-22T12:30:00Z (db-old)',
      'snapshot rds:daily-22 of 2026-11-22T03:00:00Z',
      'snapshot daily-23 of 2026-11-23T02:00:00Z',
      `copied snapshot ${COPY} of 2026-11-21T03:00:00Z`,
    ]);
    expect(alternatives[0]?.because).toContain('not the backups');
  });

  test('the detection ends the loss, where it is known and not in the future', () => {
    expect(choose(situation({ incident: { detected: '2026-11-23T02:16:00Z' } })).predictedLossSeconds).toBe(60);
    expect(choose(situation({ incident: { detected: '2026-11-23T03:00:00Z' } })).predictedLossSeconds).toBe(600);
    expect(choose(situation({ incident: { detected: '2026-11-23T02:00:00Z' } })).predictedLossSeconds).toBe(0);
  });

  test('a pass at the fault or after it is no good moment', () => {
    const passes = [base.passes[0]!, { takenAt: '2026-11-23T02:12:00Z', resourceId: 'db-new' }];
    const moment = (fault: string) => choose(situation({ incident: { fault } }, { passes })).source.moment;
    expect(moment('2026-11-23T02:15:01Z')).toBe('2026-11-23T02:15:00Z');
    expect(moment('2026-11-23T02:15:00Z')).toBe('2026-11-23T02:12:00Z');
    expect(moment('2026-11-23T02:12:01Z')).toBe('2026-11-23T02:12:00Z');
    expect(() => moment('2026-11-23T02:12:00Z')).toThrow(errors.EvidenceMissingError);
    expect(() => moment('2026-11-23T02:12:00Z')).toThrow('before the fault at 2026-11-23T02:12:00Z');
    const restoreTime = '2026-11-23T02:18:00Z';
    expect(choose(situation({ restoreTime, incident: { fault: restoreTime } })).source.moment).toBe(restoreTime);
  });

  const young = [
    { takenAt: '2026-11-23T02:24:00Z', resourceId: 'db-new' },
    { takenAt: '2026-11-23T02:19:00Z', resourceId: 'db-new' },
  ];

  test('a pass that cannot be restored yet is waited for while the instance lives', () => {
    expect(choose({ ...base, passes: young }).source.moment).toBe('2026-11-23T02:24:00Z');
  });

  test.each(['deleted', 'stopped', 'failed', 'incompatible-parameters'])(
    'of an instance that is %s it gives way to the pass before, and is listed',
    (status) => {
      const { source, alternatives } = choose({ ...base, passes: young, current: { ...base.current, status } });
      expect(source.moment).toBe('2026-11-23T02:19:00Z');
      expect(alternatives[0]?.choice).toContain('2026-11-23T02:24:00Z');
    },
  );

  test('another instance’s backups that hold the moment are not taken', () => {
    const passes = [{ takenAt: '2026-11-22T12:15:00Z', resourceId: 'db-gone' }];
    const { source } = choose(situation({ acceptLoss: true }, { passes }));
    expect(source).toMatchObject({ kind: 'snapshot', snapshot: 'rds:daily-22' });
  });

  test('falls back in order: newest snapshot not after the pass, copied snapshot, nothing', () => {
    const sources = { ...base.sources, pointInTime: [] };
    const ask = { acceptLoss: true };
    expect(choose(situation(ask, { sources })).source).toMatchObject({ kind: 'snapshot', snapshot: 'daily-23' });
    const copies = { ...sources, snapshots: [{ snapshot: 'later', takenAt: '2026-11-23T02:16:00Z' }] };
    expect(choose(situation(ask, { sources: copies })).source).toEqual({
      kind: 'copied-snapshot',
      snapshotArn: COPY,
      region: 'us-west-2',
      moment: '2026-11-21T03:00:00Z',
    });
    expect(() => choose(situation(ask, { sources: nothing }))).toThrow(errors.RecoverySourceMissingError);
  });

  test('without evidence it refuses and says how to ask', () => {
    expect(() => choose({ ...base, passes: [] })).toThrow(errors.EvidenceMissingError);
    expect(() => choose({ ...base, passes: [] })).toThrow('"restoreTime"');
  });

  test('refuses to lose more than the objective, unless a person decides', () => {
    const passes = [{ takenAt: '2026-11-23T02:09:59Z', resourceId: 'db-new' }];
    expect(() => choose({ ...base, passes })).toThrow(errors.PredictedLossExceededError);
    expect(() => choose({ ...base, passes })).toThrow('901 s, more than the objective of 900 s');
    expect(choose(situation({ acceptLoss: true }, { passes })).predictedLossSeconds).toBe(901);
    const atTheLimit = [{ takenAt: '2026-11-23T02:10:00Z', resourceId: 'db-new' }];
    expect(choose({ ...base, passes: atTheLimit }).predictedLossSeconds).toBe(900);
  });
});

describe('asked for a moment', () => {
  const at = (restoreTime: string, more: Partial<Situation> = {}) => choose(situation({ restoreTime }, more));

  test('takes it, from the current instance where both hold it, whatever is lost', () => {
    expect(at('2026-11-22T12:10:00Z').source).toMatchObject({
      kind: 'point-in-time',
      resourceId: 'db-new',
      moment: '2026-11-22T12:10:00Z',
    });
    expect(at('2026-11-20T00:00:00Z').source).toMatchObject({ resourceId: 'db-old' });
    expect(at('2026-11-20T00:00:00Z', { passes: [] }).predictedLossSeconds).toBeGreaterThan(900);
  });

  test.each([
    ['2026-11-23T02:25:01Z', 'in the future'],
    ['2026-11-15T00:00:00Z', 'before the earliest'],
  ])('%s is refused: %s, with the ranges', (moment, why) => {
    expect(() => at(moment)).toThrow(errors.RestoreTimeOutOfRangeError);
    expect(() => at(moment)).toThrow(why);
    expect(() => at(moment)).toThrow('2026-11-22T12:00:00Z to 2026-11-23T02:20:00Z (db-new)');
  });

  test('after the latest is refused where the instance writes no more, and waited for where it lives', () => {
    const current = { ...base.current, status: 'deleted' };
    expect(() => at('2026-11-23T02:21:00Z', { current })).toThrow('after the latest');
    expect(at('2026-11-23T02:21:00Z').source).toMatchObject({ resourceId: 'db-new', moment: '2026-11-23T02:21:00Z' });
  });

  test('is asked for in whole seconds', () => {
    expect(at('2026-11-23T03:10:00.900+01:00').source.moment).toBe('2026-11-23T02:10:00Z');
  });

  test('between two ranges', () => {
    const sources = {
      ...base.sources,
      pointInTime: [backup('db-new', '22T12:00', '23T02:20'), backup('db-old', '16T00:00', '20T00:00')],
    };
    expect(() => at('2026-11-21T00:00:00Z', { sources })).toThrow('in no restorable time');
  });

  test('without automated backups: the newest snapshot not after it, else a copied one, else refused', () => {
    const sources = { ...base.sources, pointInTime: [] };
    expect(at('2026-11-22T12:00:00Z', { sources }).source).toMatchObject({ snapshot: 'rds:daily-22' });
    expect(at('2026-11-21T12:00:00Z', { sources }).source).toMatchObject({ kind: 'copied-snapshot' });
    expect(() => at('2026-11-01T00:00:00Z', { sources })).toThrow(errors.RestoreTimeOutOfRangeError);
    expect(() => at('2026-11-01T00:00:00Z', { sources: nothing })).toThrow(errors.RecoverySourceMissingError);
  });
});

describe('asked for the latest', () => {
  test('is the current instance’s, and loses nothing while it lives', () => {
    const choice = choose(situation({ restoreTime: 'latest' }));
    expect(choice.source).toEqual({
      kind: 'point-in-time',
      resourceId: 'db-new',
      instanceIdentifier: 'new',
      moment: 'latest',
    });
    expect(choice.predictedLossSeconds).toBe(0);
  });

  test('loses what was written after the last backup where it is gone', () => {
    const current = { ...base.current, status: 'deleted' };
    expect(choose(situation({ restoreTime: 'latest' }, { current })).predictedLossSeconds).toBe(300);
  });

  test('is the newest snapshot where the current instance has no automated backups', () => {
    const sources = { ...base.sources, pointInTime: [backup('db-old', '16T00:00', '22T12:30')] };
    expect(choose(situation({ restoreTime: 'latest' }, { sources })).source).toMatchObject({ snapshot: 'daily-23' });
    expect(() => choose(situation({ restoreTime: 'latest' }, { sources: nothing }))).toThrow(
      errors.RecoverySourceMissingError,
    );
  });
});

describe('asked for a snapshot', () => {
  test('takes it, from here or from the other region', () => {
    expect(choose(situation({ source: { snapshot: 'rds:daily-22' } })).source).toMatchObject({
      kind: 'snapshot',
      snapshot: 'rds:daily-22',
    });
    expect(choose(situation({ source: { snapshot: 'rds:copy-21' } })).source).toMatchObject({
      kind: 'copied-snapshot',
      snapshotArn: COPY,
    });
  });

  test('that is not there is refused, with what is', () => {
    expect(() => choose(situation({ source: { snapshot: 'none' } }))).toThrow(errors.RecoverySourceMissingError);
    expect(() => choose(situation({ source: { snapshot: 'none' } }))).toThrow('snapshot daily-23');
  });

  test('and another moment is a contradiction', () => {
    const source = { snapshot: 'daily-23' };
    expect(choose(situation({ source, restoreTime: '2026-11-23T02:00:00.000Z' })).source).toMatchObject(source);
    for (const restoreTime of ['latest', '2026-11-23T02:00:01Z']) {
      expect(() => choose(situation({ source, restoreTime }))).toThrow(errors.RestoreTimeOutOfRangeError);
    }
  });
});

describe('whatever there is', () => {
  const minute = fc
    .integer({ min: 0, max: 3000 })
    .map((n) => `${new Date(Date.parse('2026-11-21T00:00:00Z') + n * 60_000).toISOString().slice(0, 19)}Z`);
  const arbitrary = fc.record({
    now: minute,
    status: fc.constantFrom('available', 'deleted'),
    passes: fc.array(fc.record({ takenAt: minute, resourceId: fc.constantFrom('db-new', 'db-old') }), { maxLength: 2 }),
    pointInTime: fc.array(
      fc.tuple(minute, minute, fc.constantFrom('db-new', 'db-old')).map(([one, other, resourceId]) => ({
        resourceId,
        instanceIdentifier: resourceId.slice(3),
        earliest: one < other ? one : other,
        latest: one < other ? other : one,
      })),
      { maxLength: 3 },
    ),
    snapshots: fc.array(fc.record({ snapshot: fc.constantFrom('a', 'b'), takenAt: minute }), { maxLength: 3 }),
    copiedSnapshots: fc.array(
      fc.record({ snapshotArn: fc.constant(COPY), region: fc.constant('us-west-2'), takenAt: minute }),
      { maxLength: 2 },
    ),
    restoreTime: fc.option(fc.oneof(minute, fc.constant('latest')), { nil: undefined }),
    acceptLoss: fc.boolean(),
  });

  test('a choice is restorable, never after what was meant, and loses no more than was decided', () => {
    const names = [
      'EvidenceMissingError',
      'RestoreTimeOutOfRangeError',
      'RecoverySourceMissingError',
      'PredictedLossExceededError',
    ];
    let chosen = 0;
    fc.assert(
      fc.property(arbitrary, ({ now, status, passes, restoreTime, acceptLoss, ...sources }) => {
        const newestFirst = passes.toSorted((one, other) => Date.parse(other.takenAt) - Date.parse(one.takenAt));
        const ask = { acceptLoss, ...(restoreTime === undefined ? {} : { restoreTime }) };
        const it = situation(ask, { now, passes: newestFirst, sources, current: { ...base.current, status } });
        let choice;
        try {
          choice = choose(it);
        } catch (error) {
          expect(names).toContain(error instanceof Error ? error.name : error);
          return;
        }
        chosen += 1;
        const { source } = choice;
        const meant = restoreTime ?? newestFirst[0]!.takenAt;
        if (meant !== 'latest') expect(Date.parse(source.moment)).toBeLessThanOrEqual(Date.parse(meant));
        if (source.kind === 'point-in-time' && source.moment !== 'latest') {
          const { resourceId, moment } = source;
          expect(
            sources.pointInTime.some((each) => {
              const grows = resourceId === 'db-new' && status === 'available';
              return each.resourceId === resourceId && each.earliest <= moment && moment <= (grows ? now : each.latest);
            }),
          ).toBe(true);
          if (restoreTime === undefined) expect(passes).toContainEqual({ takenAt: moment, resourceId });
        }
        if (source.kind === 'copied-snapshot' && meant !== 'latest') {
          expect(sources.snapshots.some(({ takenAt }) => takenAt <= meant)).toBe(false);
        }
        expect(choice.predictedLossSeconds).toBeGreaterThanOrEqual(0);
        if (restoreTime === undefined && !acceptLoss) expect(choice.predictedLossSeconds).toBeLessThanOrEqual(900);
      }),
      { numRuns: 2000 },
    );
    expect(chosen).toBeGreaterThan(200);
  });
});
