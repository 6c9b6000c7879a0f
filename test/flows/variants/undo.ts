import { walks } from '../../../contract/undo';
import {
  description,
  HOSTS,
  measure,
  openedUndo,
  openedUndoOfSchema,
  foundSnapshot,
  request,
  run,
  wayBack,
} from '../answers';
import type { Variant } from './variant';

const [host = ''] = HOSTS;
const open = (more: object) => ({ functions: { 'undo-open': { ...openedUndo, ...more } } });
const moved = { ...openedUndo, regions: { instead: 'Going back without losing any of it is fail-back' } };
const renaming = {
  ...description,
  database: { ...description.database, cutOver: 'rename' },
  databaseAlarms: [],
};
const one = (kind: string) => ({ key: `the-${kind}`, kind });

export const undo: readonly Variant[] = [
  { name: 'of a database recovery', script: {} },
  { name: 'a change of every kind', script: open({ walk: walks.usual.map(one) }) },
  {
    name: 'of a run that closed nothing and changed over to no other database',
    script: open({ walk: [openedUndo.walk[0]], holds: false, closes: false, ttlSeconds: 0, databases: null }),
  },
  {
    name: 'of a run that restarted hosts, one after the other',
    script: open({ walk: [{ key: 'release-1', kind: 'release' }], closes: false, ttlSeconds: 0, databases: null }),
  },
  { name: 'of a rollback of the schema', script: open(openedUndoOfSchema) },
  {
    name: 'of a rollback of the schema whose settling could lift nothing',
    script: open({ ...openedUndoOfSchema, walk: walks.schema.map(one) }),
  },
  {
    name: 'of a rollback of the schema that left what none leaves',
    script: open({ ...openedUndoOfSchema, walk: [{ key: 'x', kind: 'release' }] }),
    ends: 'UndoFailedError',
    failsAtWork: true,
  },
  {
    name: 'of a rollback of the schema, by rename and without a measure',
    script: {
      input: { run, request: { ...request, run: openedUndo.of }, description: renaming },
      functions: {
        'undo-open': openedUndoOfSchema,
        'undo-source': { ...foundSnapshot, baseline: null, baselineTakenAt: measure.takenAt },
      },
    },
  },
  {
    name: 'of a fail-over, of which nothing else is left',
    script: { functions: { 'undo-open': { ...moved, walk: [], ttlSeconds: 0 } } },
  },
  {
    name: 'of a fail-back',
    script: {
      functions: {
        'undo-open': { ...moved, walk: walks.region.map(one) },
        'undo-regions': { ...wayBack, replica: null },
      },
    },
  },
  {
    name: 'of a move that left what none leaves',
    script: { functions: { 'undo-open': { ...moved, walk: [{ key: 'x', kind: 'release' }] } } },
    ends: 'UndoFailedError',
    failsAtWork: true,
  },
  {
    name: 'a kind without a way back',
    script: open({ walk: [{ key: 'x', kind: 'first-backup' }] }),
    ends: 'UndoFailedError',
    failsAtWork: true,
  },
  {
    name: 'a host lacks a tool',
    script: {
      states: {
        'Look at the hosts: ended?': [
          {
            answers: {
              done: true,
              results: [
                {
                  host,
                  result: { services: { nginx: 'active' }, release: 'v1', freeMegabytes: 1, missingTools: ['psql'] },
                },
              ],
            },
          },
        ],
      },
    },
    ends: 'HostUnfitError',
  },
  {
    name: 'nobody who may connect, one host',
    script: {
      functions: { 'hosts-find': { hosts: [host] } },
      states: {
        'Ask who may connect: ended?': [
          {
            answers: {
              done: true,
              results: [
                { host, result: { grantees: [], owner: 'master', sessions: 0, databaseTime: measure.takenAt } },
              ],
            },
          },
        ],
      },
    },
  },
];
