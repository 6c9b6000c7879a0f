import { changeKindNames, changeKinds } from '../../contract/changes';
import { chosen, current, description, HOSTS, measure, request, run, TAKEN_AT } from './answers';
import { type Script } from './flow';

/** The courses that a machine can take without anything failing, by what is so in each. */
export interface Variant {
  readonly name: string;
  readonly script: Script;
  /** What the machines that it starts come to. */
  readonly nested?: Readonly<Record<string, Script>>;
  /** How it ends; SUCCEEDED unless said. */
  readonly ends?: string;
}

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

const databaseRecovery: readonly Variant[] = [
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

const liftable = changeKindNames.filter((kind) => changeKinds[kind].lifted !== 'never');
const undoing = (...kinds: readonly string[]): Script => ({
  functions: {
    'settle-plan': { undo: kinds.map((kind) => ({ key: `the-${kind}`, kind })), pointOfNoReturnPassed: false },
  },
});
const claim = (more: object) => ({
  'settle-claim': {
    claimed: true,
    outcome: { status: 'failed', error: 'X', cause: 'y' },
    run,
    publicUrl: 'http://x',
    targetGroupArn: description.loadBalancer.targetGroupArn,
    ...more,
  },
});

const settlement: readonly Variant[] = [
  { name: 'one change', script: undoing('maintenance-page') },
  { name: 'a change of every kind that is taken back', script: undoing(...liftable) },
  { name: 'nothing to take back', script: { functions: claim({}) } },
  {
    name: 'a run that never had a lease nor knew its application',
    script: { functions: claim({ run: null, publicUrl: null, targetGroupArn: null }) },
  },
  {
    name: 'a run without a description that had suspended Auto Scaling',
    script: {
      functions: {
        ...undoing('auto-scaling-processes').functions,
        ...claim({ publicUrl: null, targetGroupArn: null }),
      },
    },
  },
  { name: 'settled by another', script: { functions: claim({ claimed: false }) } },
  { name: 'a kind without a way back', script: undoing('master-login', 'maintenance-page'), ends: 'UndoIncomplete' },
];

const integrityProbe: readonly Variant[] = [
  { name: 'measures', script: {} },
  { name: 'a run is on', script: { functions: { 'probe-open': { probe: false, because: 'a run holds the lease' } } } },
];

const noMachine = {
  run: { id: run.id, plan: 'application-rollback', environment: run.environment, mode: run.mode },
  request: { ...request, plan: 'application-rollback' },
  description,
};
const recovery: readonly Variant[] = [
  { name: 'runs the plan and settles', script: {} },
  {
    name: 'the plan ends well and the application does not answer',
    script: {},
    nested: { settlement: { functions: { 'settle-report': { status: 'failed', undoFailed: [], reportKey: 'k' } } } },
    ends: 'ApplicationUnhealthyError',
  },
  {
    // A plan that the contract knows and the deployment does not: none today.
    name: 'a plan without a machine',
    script: {
      outsideContract: true,
      functions: { 'run-open': noMachine },
    },
    ends: 'InvalidInputError',
  },
];

export const variants: Readonly<Record<string, readonly Variant[]>> = {
  recovery,
  'database-recovery': databaseRecovery,
  settlement,
  'integrity-probe': integrityProbe,
};
