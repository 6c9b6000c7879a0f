import * as z from 'zod';
import { settings } from '../lambdas/fixtures';
import {
  HOSTS,
  TAKEN_AT,
  chosen,
  current,
  description,
  documentResults,
  foundBackup,
  measure,
  request,
  run,
  storedVersion,
} from './answers-of-documents';

export * from './answers-of-documents';

export const chosenRelease = {
  release: 'v1.2.0',
  reason: 'the newest release known healthy',
  serving: Object.fromEntries(HOSTS.map((host) => [host, { release: 'v1.3.0', folder: 'v1.3.0', healthy: false }])),
  batches: HOSTS.map((host, at) => ({ number: at + 1, hosts: [host], standby: true })),
};

export const chosenFiles = {
  source: {
    kind: 'file-backup',
    takenAt: TAKEN_AT,
    bucket: '',
    region: 'us-east-1',
    archives: Object.fromEntries(HOSTS.map((host) => [host, { name: 'files_1.tar.gz', versionId: '' }])),
  },
  reason: 'the newest of all that is sound on every host',
  mounted: HOSTS,
  lossSeconds: 86_400,
  restoreSeconds: 30,
  prepareSeconds: 10,
  batches: chosenRelease.batches,
};
/** A host, the target group and the rule are gone. */
export const inspectedWay = {
  targetGroup: { name: 'interview-drills-drill', exists: false },
  hosts: HOSTS,
  unregistered: HOSTS,
  attached: false,
  forwards: false,
};
export const inspectedInfrastructure = {
  ...inspectedWay,
  done: true,
  provision: 'update',
  hosts: HOSTS.slice(0, 1),
  unregistered: HOSTS.slice(0, 1),
  recorded: false,
  seen: {
    seenAt: '2026-11-23T02:00:00.000Z',
    settings: {
      protocol: 'HTTP',
      protocolVersion: 'HTTP1',
      ipAddressType: 'ipv4',
      port: 80,
      healthCheck: {
        path: '/api/health',
        protocol: 'HTTP',
        port: 'traffic-port',
        intervalSeconds: 20,
        timeoutSeconds: 6,
        healthyThreshold: 4,
        unhealthyThreshold: 3,
        codes: '200-204',
      },
      attributes: { 'deregistration_delay.timeout_seconds': '120' },
    },
  },
  missing: ['1 of 2 hosts in service', 'the target group interview-drills-drill'],
};
export const hereReplica = {
  instanceIdentifier: 'standby-db',
  resourceId: 'db-STANDBY',
  status: 'available',
  endpoint: { address: 'standby-db.abc.us-west-2.rds.amazonaws.com', port: 5432 },
  settings,
  follows: 'arn:aws:rds:us-east-1:123456789012:db:home-db',
};
export const therePrimary = {
  answers: true,
  region: 'us-east-1',
  instanceIdentifier: 'home-db',
  arn: 'arn:aws:rds:us-east-1:123456789012:db:home-db',
  status: 'available',
  endpoint: { address: 'home-db.abc.us-east-1.rds.amazonaws.com', port: 5432 },
  words: 'home-db in us-east-1 is available',
};
export const inspectedRegions = {
  here: hereReplica,
  there: therePrimary,
  sources: { backups: [], snapshots: [{ snapshot: 'copied', takenAt: TAKEN_AT }] },
};
export const chosenForRegion = {
  source: { kind: 'replica', instance: 'standby-db', moment: TAKEN_AT },
  predictedLossSeconds: 4,
  baselineTakenAt: TAKEN_AT,
  baselineThrough: { users: '120' },
};

export type Answer = (given: Readonly<Record<string, unknown>>) => unknown;

const hostsOf = (given: Readonly<Record<string, unknown>>): readonly unknown[] =>
  Array.isArray(given['hosts']) ? given['hosts'] : [];

const probeParameters = {
  Address: 'db.drill.interview-drills.internal',
  Port: '5432',
  Database: 'interview_app',
  SslMode: 'require',
  CaFile: '/etc/ssl/certs/bundle.pem',
  MasterSecretArn: description.database.masterSecretArn,
  SchemaVersion: 'schema_migrations.version',
  Checks: 'users:id:email',
};
export const openedValidation = {
  run,
  description,
  hosts: HOSTS,
  unheard: [],
  keyPrefix: 'validate',
  parameters: {
    inspect: { Services: 'nginx interview-app', Folder: '/var/www/interview-app' },
    measure: { HealthUrl: 'http://localhost/', MetricsUrl: 'http://localhost/m', Requests: '100' },
    probe: probeParameters,
    test: { Folder: '/var/www/interview-app', Tests: 'test:critical', ConsistencyScript: 'scripts/check.sh' },
  },
};
const place = { address: 'copy.abc.us-east-1.rds.amazonaws.com', port: 5432, name: 'interview_app' };
export const openedUndo = {
  of: 'incident-1',
  walk: [
    { key: 'move-record', kind: 'dns-record' },
    { key: 'fence-database', kind: 'database-fence' },
  ],
  holds: true,
  closes: true,
  ttlSeconds: 60,
  databases: { serving: place, before: place, probeServing: probeParameters, probeBefore: probeParameters },
  snapshot: null,
  regions: null,
};
/** Of a fail-over whose replica was promoted. */
export const wayBack = {
  region: 'us-east-1',
  publicUrl: 'http://us-east-1.drill.interview-drills.example',
  opens: 'fence-database',
  leads: 'region-traffic',
  ttlSeconds: 60,
  replica: { instance: 'standby-db', source: 'arn:aws:rds:us-east-1:123456789012:db:home-db', settings },
};
/** Of a run that has undone migrations: what is gone is in a snapshot. */
export const openedUndoOfSchema = {
  ...openedUndo,
  walk: [{ key: 'schema', kind: 'schema' }],
  ttlSeconds: 0,
  databases: { serving: place, before: null, probeServing: probeParameters, probeBefore: null },
  snapshot: 'lifeboat-drill-safety-0123456789ab',
};
export const foundSnapshot = {
  current,
  source: { kind: 'snapshot', snapshot: openedUndoOfSchema.snapshot, moment: TAKEN_AT },
  baseline: measure,
  baselineTakenAt: null,
  baselineThrough: { users: '5' },
};
export const judgedWell = { passed: true, words: '', at: TAKEN_AT, checks: [] };

/** By function; what is not listed here, the changes, answers `{done: true}`. */
export const usual: Readonly<Record<string, Answer>> = {
  'run-open': () => ({
    run: { id: run.id, plan: run.plan, environment: run.environment, mode: run.mode },
    request,
    description,
  }),
  'lease-take': () => run,
  'run-announce': () => ({ announced: true }),
  'run-verify': () => ({ verified: true }),
  'hosts-find': () => ({ hosts: HOSTS, leftOut: [] }),
  'hosts-compare': () => ({ joined: [] }),
  'releases-open': () => ({
    probe: true,
    hosts: HOSTS,
    parameters: {
      Folder: '/var/www/interview-app',
      Releases: '/var/www/releases',
      HealthUrl: 'http://localhost:3000/api/health',
      MetricsUrl: 'http://localhost:3000/api/metrics',
    },
  }),
  'settings-record': () => ({ seenAt: TAKEN_AT }),
  'releases-record': () => ({ takenAt: TAKEN_AT, hosts: [] }),
  'release-choose': () => chosenRelease,
  'schema-choose': () => ({ release: 'v1.3.0', from: '1.3.0', undone: ['1.3.0'] }),
  'schema-gate': () => ({ version: '1.3.0', compatible: true }),
  'document-send': ({ key }) => ({ commandId: `command-of-${String(key)}` }),
  'document-await': (given) => ({
    done: true,
    results: hostsOf(given).map((host) => ({ host, result: documentResults[String(given['document'])] })),
  }),
  'source-inspect': () => ({
    current,
    sources: {
      pointInTime: [
        {
          resourceId: current.resourceId,
          instanceIdentifier: current.instanceIdentifier,
          earliest: '2026-11-16T02:13:40.000Z',
          latest: TAKEN_AT,
        },
      ],
      snapshots: [],
      copiedSnapshots: [],
    },
  }),
  'source-choose': () => chosen,
  'configuration-find': () => ({
    bucket: 'configuration',
    candidates: [storedVersion, { ...storedVersion, version: 'older', objects: 'older=application:x' }],
    because: 'it was healthy',
    passedOver: [],
  }),
  'configuration-choose': () => ({ chosen: storedVersion, reason: 'it is sound' }),
  'backup-moment': () => ({ notAfter: '2026-11-23T02:13:40Z', only: '', because: 'the last good moment' }),
  'backup-choose': () => ({
    source: {
      kind: 'backup-file',
      folder: '/backup',
      file: foundBackup.backup.file,
      moment: foundBackup.backup.takenAt,
    },
    predictedLossSeconds: 820,
    baselineTakenAt: TAKEN_AT,
    baselineThrough: { users: '120', evaluations: '2000' },
  }),
  'restorable-await': () => ({ done: true, waitsFor: TAKEN_AT, restorable: TAKEN_AT }),
  'settings-compare': () => ({
    compared: 29,
    endpoint: { address: 'lifeboat-drill-copy.abc.us-east-1.rds.amazonaws.com', port: 5432 },
  }),
  'integrity-compare': () => ({ checks: [] }),
  'regions-inspect': () => inspectedRegions,
  'region-choose': () => chosenForRegion,
  'loss-record': () => ({ lossSeconds: 4 }),
  'target-group-choose': () => ({
    from: description.loadBalancer.targetGroupArn.replace(/.$/, '0'),
    to: description.loadBalancer.targetGroupArn,
    healthCheckPath: '/',
    drainSeconds: 300,
    reason: 'asked for',
  }),
  'drift-detect': () => ({ detectionId: 'b78ac9b0-dec1-11e7-a451-503a3example' }),
  'infrastructure-inspect': () => inspectedInfrastructure,
  'way-inspect': () => inspectedWay,
  'capacity-await': () => ({ done: true, instances: HOSTS }),
  'template-inspect': () => ({ present: { version: '2', release: 'v2' }, refreshing: false }),
  'template-choose': () => ({
    present: { version: '2', release: 'v2' },
    refreshing: false,
    source: { version: '1', release: 'v1' },
    reason: 'asked for',
  }),
  'change-launch-template-version': (of) =>
    of['verb'] === 'rehearse' ? rehearsedAs(of) : { done: true, detail: { version: '3' } },
  'snapshot-choose': ({ inspected }) => ({
    snapshot: 'lifeboat-20261122T021340',
    takenAt: '2026-11-22T02:13:40.000Z',
    rewritesMegabytes: Object.fromEntries(HOSTS.map((host) => [host, 12])),
    mounted: Array.isArray(inspected) ? HOSTS.slice(0, inspected.length) : [],
    lossSeconds: 86_400,
    mergeSeconds: 2,
  }),
  'files-find': () => ({ archives: [], snapshots: [], passedOver: [] }),
  'rollback-count': () => ({ words: '12 fewer' }),
  'files-choose': () => chosenFiles,
  'targets-await': () => ({ done: true, healthy: 2, registered: 2 }),
  'outside-check': () => ({ healthy: true, status: 200, detail: 'ok' }),
  'undo-open': () => openedUndo,
  'undo-source': () => foundSnapshot,
  'measure-record': () => ({ kept: true }),
  'undo-count': () => ({ rows: 2, words: '2 of evaluations' }),
  'undo-regions': () => wayBack,
  'undo-prove': () => ({ proved: true }),
  'validation-open': () => openedValidation,
  'validation-judge': () => judgedWell,
  'approval-ask': () => ({ needed: false, round: 1, timeoutSeconds: 900 }),
  'approval-request': () => ({ asked: true }),
  'approval-conclude': () => ({ goesOn: true }),
  'run-rehearse': () => ({ failed: 0, unknown: 0 }),
  'settle-claim': ({ outcome }) => ({
    claimed: true,
    outcome,
    run,
    publicUrl: description.publicUrl,
    targetGroupArn: description.loadBalancer.targetGroupArn,
  }),
  'settle-quiesce': () => ({ done: true, stillRunning: [] }),
  'settle-plan': () => ({ undo: [], pointOfNoReturnPassed: false }),
  'settle-undo-failed': () => ({ recorded: true }),
  'settle-announce': () => ({ sent: true }),
  'lease-release': () => ({ released: true }),
  'probe-open': () => ({
    probe: true,
    host: HOSTS[0],
    parameters: probeParameters,
  }),
  'probe-record': () => ({ passed: true, takenAt: TAKEN_AT, checks: [] }),
};

const keyed = z.object({ planned: z.object({ key: z.string(), kind: z.string() }) });

/** A change that is rehearsed: one right with a condition, as many have. */
export function rehearsedAs(given: unknown): unknown {
  const { key, kind } = keyed.parse(given).planned;
  const context = [{ ContextKeyName: 'aws:ResourceTag/x', ContextKeyType: 'string', ContextKeyValues: ['y'] }];
  const role = `arn:aws:iam::123456789012:role/${kind}`;
  const needs = [{ role, actions: ['rds:ModifyDBInstance'], resource: '*', context }];
  return { done: true, rehearsal: { key, before: null, checks: [], needs } };
}

/** What a question is answered while what it asks about has not come about. */
export const notYet: Readonly<Record<string, unknown>> = {
  // The question was sent, and nobody answers it.
  'approval-request': { asked: true },
  'document-await': { done: false, results: [] },
  'restorable-await': { done: false, waitsFor: null, restorable: null },
  'infrastructure-inspect': {
    done: false,
    provision: 'none',
    targetGroup: { name: '', exists: false },
    hosts: [],
    unregistered: [],
    attached: false,
    forwards: false,
    recorded: false,
    seen: null,
    missing: [],
  },
  'capacity-await': { done: false, instances: HOSTS.slice(0, 1) },
  'targets-await': { done: false, healthy: 1, registered: 2 },
  'outside-check': { healthy: false, status: 503, detail: 'no' },
  'settle-quiesce': { done: false, stillRunning: ['a command'] },
};
