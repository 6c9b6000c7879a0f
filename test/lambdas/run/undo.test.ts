import {
  changeKinds,
  changeKindNames,
  changeStateSchema,
  type ChangeState,
  type JournalEntry,
} from '../../../contract/changes';
import { finalStatusSchema } from '../../../contract/run';
import { changesToUndo, pointOfNoReturnPassed, undoFailed } from '../../../lambdas/run/undo';
import { startedAt } from '../fixtures';

const entry = (
  sequence: number,
  kind: JournalEntry['kind'],
  state: ChangeState = 'confirmed',
  pointOfNoReturn = false,
): JournalEntry => ({
  runId: 'night-1',
  sequence,
  key: kind,
  kind,
  state,
  pointOfNoReturn,
  target: {},
  before: {},
  detail: {},
  recordedAt: startedAt,
});

const before = [
  entry(1, 'auto-scaling-processes'),
  entry(2, 'maintenance-page'),
  entry(3, 'services'),
  entry(4, 'database-fence'),
  entry(5, 'network-fence'),
  entry(6, 'database-replacement'),
];
const passed = [...before, entry(7, 'dns-record', 'confirmed', true)];
const keys = (entries: JournalEntry[]) => entries.map(({ key }) => key);

test('a run that succeeded keeps what it made; only what protects goes', () => {
  expect(keys(changesToUndo(passed, 'succeeded', false))).toEqual(['maintenance-page', 'auto-scaling-processes']);
  expect(keys(changesToUndo(before, 'succeeded', true))).toEqual(['maintenance-page', 'auto-scaling-processes']);
});

test.each(finalStatusSchema.options.filter((status) => status !== 'succeeded'))(
  '%s before the point of no return: back, last first; after it the services start and what protects goes',
  (status) => {
    expect(keys(changesToUndo(before, status, false))).toEqual([
      'network-fence',
      'database-fence',
      'services',
      'maintenance-page',
      'auto-scaling-processes',
    ]);
    expect(keys(changesToUndo(passed, status, false))).toEqual([
      'services',
      'maintenance-page',
      'auto-scaling-processes',
    ]);
    expect(keys(changesToUndo(passed, status, true))).toEqual([
      'services',
      'maintenance-page',
      'auto-scaling-processes',
    ]);
  },
);

test('where the description says so, a corrupt database stays closed, its services stopped and the page up', () => {
  expect(keys(changesToUndo(before, 'failed', true))).toEqual([]);
  const renamed = [...before, entry(7, 'instance-rename')];
  expect(keys(changesToUndo(renamed, 'failed', true))).toEqual(['instance-rename']);
  const notStoppedYet = before.slice(0, 2);
  expect(keys(changesToUndo(notStoppedYet, 'failed', true))).toEqual(['maintenance-page', 'auto-scaling-processes']);
});

test.each(changeStateSchema.options)('a change that is %s', (state) => {
  const gone = state === 'undone' || state === 'not-applied';
  expect(changesToUndo([entry(1, 'services', state)], 'failed', false)).toHaveLength(gone ? 0 : 1);
  expect(pointOfNoReturnPassed([entry(1, 'dns-record', state, true)])).toBe(!gone);
  expect(undoFailed([entry(1, 'services', state)])).toEqual(state === 'undo-failed' ? ['services'] : []);
});

test('a point of no return that was taken back is not passed: everything goes back', () => {
  const journal = [...before, entry(7, 'dns-record', 'not-applied', true)];
  expect(keys(changesToUndo(journal, 'failed', false))).toEqual(keys(changesToUndo(before, 'failed', false)));
});

test.each(changeKindNames)('%s is taken back as its contract says', (kind) => {
  const taken = (status: 'succeeded' | 'failed', state: ChangeState = 'confirmed') =>
    changesToUndo([entry(1, kind, state)], status, false).length === 1;
  const { lifted } = changeKinds[kind];
  expect([taken('succeeded'), taken('failed')]).toEqual([
    lifted === 'always',
    lifted !== 'never' && lifted !== 'until-confirmed',
  ]);
  // What did not come about goes back in any case but the last.
  expect(taken('failed', 'applied')).toBe(lifted !== 'never');
});

test('a configuration that was placed while nothing ran goes back as well: nobody saw a host healthy with it', () => {
  const placed = (HealthUrls: string) => ({ ...entry(1, 'configuration'), target: { parameters: { HealthUrls } } });
  expect(changesToUndo([placed('')], 'failed', false)).toHaveLength(1);
  expect(changesToUndo([placed('http://127.0.0.1/api/health')], 'failed', false)).toEqual([]);
  expect(changesToUndo([placed(''), entry(2, 'dns-record', 'confirmed', true)], 'failed', false)).toEqual([]);
  expect(changesToUndo([placed('')], 'succeeded', false)).toEqual([]);
});

test('what an undo had taken back of another run is made again where it fails, and not past its point of no return', () => {
  const undoing = (pointOfNoReturn: boolean): JournalEntry => ({
    ...entry(1, 'database-alarms'),
    undoes: { runId: 'first', key: 'alarms' },
    pointOfNoReturn,
  });
  expect(changesToUndo([undoing(false)], 'failed', false)).toHaveLength(1);
  expect(changesToUndo([undoing(true)], 'failed', false)).toEqual([]);
  expect(changesToUndo([undoing(false)], 'succeeded', false)).toEqual([]);
});

test('migrations that cannot be taken back leave the database the one that serves: it is opened again', () => {
  const journal = [
    entry(1, 'auto-scaling-processes'),
    entry(2, 'maintenance-page'),
    entry(3, 'services'),
    entry(4, 'database-fence'),
    entry(5, 'first-backup'),
    entry(6, 'schema', 'applied', true),
  ];
  const opened = ['database-fence', 'services', 'maintenance-page', 'auto-scaling-processes'];
  expect(keys(changesToUndo(journal, 'failed', false))).toEqual(opened);
  expect(keys(changesToUndo(journal, 'failed', true))).toEqual(opened);
  // A replacement that serves has taken the fenced one's place: that stays closed.
  expect(keys(changesToUndo(passed, 'failed', false))).not.toContain('database-fence');
});
