import { describe } from '../../../config/describe';
import { interviewDrills } from '../../../config/interview-drills';
import {
  chosenForRegion,
  hereReplica,
  HOSTS,
  inspectedRegions,
  request,
  run,
  TAKEN_AT,
  therePrimary,
} from '../answers';
import type { Variant } from './variant';

const standby = describe(interviewDrills, 'drill', 'standby');
const home = describe(interviewDrills, 'drill');
const inputOf = (plan: string, description: object) => ({
  run: { ...run, plan },
  request: { ...request, plan },
  description,
});
const crossing = { input: inputOf('cross-region-recovery', standby) };
const returning = { input: inputOf('fail-back', home) };

const [host = ''] = HOSTS;
const lacking = {
  answers: {
    done: true,
    results: [
      { host, result: { services: { nginx: 'active' }, release: 'v1', freeMegabytes: 1, missingTools: ['psql'] } },
    ],
  },
};
const nobody = {
  answers: {
    done: true,
    results: [{ host, result: { grantees: [], owner: 'm', sessions: 0, databaseTime: TAKEN_AT } }],
  },
};
const inspected = (found: { here?: object; there?: object }) => ({
  ...inspectedRegions,
  here: { ...hereReplica, ...found.here },
  there: { ...therePrimary, ...found.there },
});
const lost = { answers: false, arn: null, status: 'unknown', words: 'RDS in us-east-1 does not answer' };
const unreachable = { 'Ask who may connect: ended?': ['not yet', { fails: 'DatabaseUnreachableError' }] } as const;
const backup = { kind: 'replicated-backup', backupArn: 'arn:b', resourceId: 'db-HOME', moment: TAKEN_AT };
const snapshot = { kind: 'snapshot', snapshot: 'copied', moment: TAKEN_AT };

export const crossRegionRecovery: readonly Variant[] = [
  {
    name: 'the region is lost: nothing there answers',
    script: { ...crossing, functions: { 'regions-inspect': inspected({ there: lost }) }, states: unreachable },
  },
  { name: 'the primary can be fenced, and everything is waited for', script: crossing },
  {
    name: 'fenced, and the replica stays behind',
    script: {
      ...crossing,
      states: { 'Let the replica catch up: ended?': ['not yet', { fails: 'ReplicaBehindError' }] },
    },
  },
  { name: 'fenced around its network', script: { ...crossing, states: unreachable } },
  {
    name: 'the primary is deleted',
    script: {
      ...crossing,
      functions: { 'regions-inspect': inspected({ there: { ...lost, answers: true, status: 'deleted' } }) },
    },
  },
  {
    name: 'the replica is gone, a replicated backup is restored',
    script: {
      ...crossing,
      functions: {
        'regions-inspect': inspected({ here: { status: 'deleted', endpoint: null, follows: null }, there: lost }),
        'region-choose': { ...chosenForRegion, source: backup },
      },
      states: unreachable,
    },
  },
  {
    name: 'the replica does not answer, a copied snapshot is restored',
    script: {
      ...crossing,
      functions: {
        'region-choose': { ...chosenForRegion, source: snapshot, baselineTakenAt: null, baselineThrough: {} },
      },
      states: { 'Measure the replication: ended?': [{ fails: 'DatabaseUnreachableError' }] },
    },
  },
  {
    name: 'the replica has failed, and keeps its name',
    script: {
      ...crossing,
      functions: {
        'regions-inspect': inspected({ here: { status: 'failed', endpoint: null }, there: lost }),
        'region-choose': { ...chosenForRegion, source: backup },
      },
      states: unreachable,
    },
  },
  {
    name: 'promoted before, and nobody could connect',
    script: {
      ...crossing,
      functions: {
        'regions-inspect': inspected({ here: { follows: null } }),
        'region-choose': { ...chosenForRegion, predictedLossSeconds: null },
        'loss-record': { lossSeconds: null },
      },
      states: { 'Ask who may connect: ended?': [nobody] },
    },
  },
  {
    name: 'a host lacks a tool',
    script: { ...crossing, states: { 'Look at the hosts: ended?': [lacking] } },
    ends: 'HostUnfitError',
  },
];

export const failBack: readonly Variant[] = [
  { name: 'by record', script: returning },
  {
    name: 'by rename',
    script: { input: inputOf('fail-back', { ...home, database: { ...home.database, cutOver: 'rename' } }) },
  },
  {
    name: 'by rename, the old primary is gone, no alarms',
    script: {
      input: inputOf('fail-back', { ...home, databaseAlarms: [], database: { ...home.database, cutOver: 'rename' } }),
      functions: { 'regions-inspect': inspected({ here: { status: 'deleted', endpoint: null } }) },
    },
  },
  {
    name: 'a host lacks a tool',
    script: { ...returning, states: { 'Look at the hosts: ended?': [lacking] } },
    ends: 'HostUnfitError',
  },
];
