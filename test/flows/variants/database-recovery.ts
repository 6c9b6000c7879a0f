import { chosen, current, description, HOSTS, measure, request, run, TAKEN_AT } from '../answers';
import type { Variant } from './variant';

const described = (database: object, more: object = {}) => ({
  input: { run, request, description: { ...description, ...more, database: { ...description.database, ...database } } },
});
const inspected = (found: object) => ({
  current: { ...current, ...found },
  sources: {
    pointInTime: [],
    snapshots: [{ snapshot: 'rds:nightly', takenAt: TAKEN_AT }],
    copiedSnapshots: [],
  },
});
const snapshot = { kind: 'snapshot', snapshot: 'rds:nightly', moment: TAKEN_AT };
const [host = ''] = HOSTS;
const lonely = { services: { nginx: 'active' }, release: 'v1', freeMegabytes: 1, missingTools: [] };
const nobody = { grantees: [], owner: 'master', sessions: 0, databaseTime: TAKEN_AT };
const [login] = description.database.logins;
const [check] = description.database.integrityChecks;
const one = (result: unknown) => [{ answers: { done: true, results: [{ host, result }] } }];

export const databaseRecovery: readonly Variant[] = [
  { name: 'by record, many of everything', script: {} },
  { name: 'by rename', script: described({ cutOver: 'rename' }) },
  { name: 'no alarms', script: described({}, { databaseAlarms: [] }) },
  {
    name: 'the latest moment, no baseline',
    script: {
      functions: {
        'source-choose': {
          ...chosen,
          source: { ...chosen.source, moment: 'latest' },
          baselineTakenAt: null,
          baselineThrough: {},
        },
      },
    },
  },
  {
    name: 'deleted, from a snapshot',
    script: {
      functions: {
        'source-inspect': inspected({ status: 'deleted', endpoint: null, settingsFrom: 'stored' }),
        'source-choose': { ...chosen, source: snapshot, baselineTakenAt: null, baselineThrough: {} },
      },
    },
  },
  {
    name: 'deleted, by its kept backups',
    script: {
      functions: {
        'source-inspect': inspected({ status: 'deleted', endpoint: null, settingsFrom: 'stored' }),
      },
    },
  },
  {
    name: 'out of reach, fenced by its network',
    // Slowly, as it is on AWS: a connection that gets no answer takes its time, and the question is asked again.
    script: {
      states: { 'Ask who may connect: ended?': ['not yet', { fails: 'DatabaseUnreachableError' }] },
    },
  },
  {
    name: 'stopped, so that nobody can write to it',
    script: { functions: { 'source-inspect': inspected({ status: 'stopped' }) } },
  },
  {
    name: 'a host lacks a tool',
    script: { states: { 'Look at the hosts: ended?': one({ ...lonely, missingTools: ['psql', 'openssl'] }) } },
    ends: 'HostUnfitError',
  },
  {
    name: 'living, from a snapshot',
    script: { functions: { 'source-choose': { ...chosen, source: snapshot, baselineTakenAt: null } } },
  },
  {
    // JSONata makes one of a list of one, and nothing of an empty list.
    name: 'one of everything, and nobody',
    script: {
      ...described(
        { logins: [login], integrityChecks: [check] },
        { hosts: { ...description.hosts, services: ['nginx'] }, databaseAlarms: ['only'] },
      ),
      functions: { 'hosts-find': { hosts: [host] } },
      states: {
        'Look at the hosts: ended?': one(lonely),
        'Ask who may connect: ended?': one(nobody),
        'Measure the copy: ended?': one({ ...measure, tables: measure.tables.slice(0, 1) }),
      },
    },
  },
  {
    name: 'services that were not running',
    script: {
      states: { 'Look at the hosts: ended?': one({ ...lonely, services: { nginx: 'inactive' } }) },
    },
  },
];
