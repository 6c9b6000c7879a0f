import { describe as describeEnvironment } from '../../config/describe';
import { interviewDrills } from '../../config/interview-drills';
import type { Description } from '../../contract/description';
import { settings } from '../lambdas/fixtures';

/** What every flow begins with, and what each document ends with on a host in the usual course of things. */
export const description: Description = describeEnvironment(interviewDrills, 'drill');
export const RUN_ID = 'drill-20261123T021340-ab12';
export const TAKEN_AT = '2026-11-23T02:13:40.000Z';
export const run = {
  id: RUN_ID,
  plan: 'database-recovery',
  environment: 'drill',
  mode: 'live',
  fencingToken: 7,
} as const;
export const request = {
  plan: 'database-recovery',
  trigger: 'operator',
  mode: 'live',
  incident: {},
  acceptLoss: false,
};
export const HOSTS = ['i-0123456789abcdef0', 'i-0123456789abcdef1'];

export const current = {
  instanceIdentifier: description.database.instanceIdentifier,
  resourceId: 'db-ABCDEFGHIJKL',
  status: 'available',
  endpoint: { address: 'interview-drills-drill.abc.us-east-1.rds.amazonaws.com', port: 5432 },
  settings,
  settingsFrom: 'instance',
};
export const pointInTime = {
  kind: 'point-in-time',
  resourceId: current.resourceId,
  instanceIdentifier: current.instanceIdentifier,
  moment: TAKEN_AT,
};
export const chosen = {
  source: pointInTime,
  reason: 'the last good moment',
  predictedLossSeconds: 12,
  baselineTakenAt: TAKEN_AT,
  baselineThrough: { users: '120', evaluations: '2000' },
};

/** One unit that is running and one that was not, as a host may have them. */
export const inspected = {
  services: { nginx: 'active', 'interview-app': 'active', 'interview-worker': 'inactive' },
  release: 'v1.3.0',
  freeMegabytes: 5000,
  missingTools: [],
};
const table = (name: string) => ({
  table: name,
  rows: { before: 5, after: 5 },
  through: '5',
  checksum: { before: 'a', after: 'a' },
  known: null,
  violations: 0,
});
export const measure = { takenAt: TAKEN_AT, schemaVersion: '1.3.0', tables: [table('users'), table('evaluations')] };

/** What configures a host, as its documents see it. */
const digest = (name: string) => name.length.toString(16).padStart(64, '0');
const fileNames = description.configuration.files.map(({ name }) => name);
const digests = Object.fromEntries(fileNames.map((name) => [name, digest(name)]));
export const inForce = {
  files: Object.fromEntries(
    fileNames.map((name) => [name, { digest: digest(name), mode: '644', owner: 'root:root', changedAt: TAKEN_AT }]),
  ),
  backup: { writtenAt: TAKEN_AT, missing: [] },
  secretsCurrent: { SESSION_SECRET: true },
};
export const storedVersion = {
  version: '2026-11-23T02:13:40Z',
  at: '2026-11-23T02:13:40Z',
  objects: '2026-11-23T02:13:40Z=application:abc,tls-key:-',
};

/** Two regions: the database of this one follows the primary of the other. */
export const replicated = {
  recovering: true,
  position: '0/3000148',
  replayedTo: TAKEN_AT,
  waitingBytes: 0,
  databaseTime: TAKEN_AT,
};
export const foundBackup = {
  serverMajor: 15,
  present: true,
  databaseMegabytes: 700,
  backup: {
    file: 'db_20261123.sql.gz',
    format: 'plain',
    takenAt: '2026-11-23T02:00:00Z',
    bytes: 100_000_000,
    plainBytes: 400_000_000,
  },
  skipped: [],
  neededMegabytes: 834,
  freeMegabytes: 20_000,
};

/** What each document ends with on a host. */
export const documentResults: Readonly<Record<string, unknown>> = {
  'inspect-host': inspected,
  'stop-services': { services: [{ name: 'nginx', was: 'active', is: 'inactive' }] },
  'start-services': { services: [{ name: 'nginx', was: 'inactive', is: 'active' }] },
  'check-health': { status: 200, attempts: 1, seconds: 0.1 },
  'probe-integrity': measure,
  'inspect-release': {
    release: 'v1.3.0',
    folder: 'v1.3.0',
    commit: 'c0ffee',
    status: 200,
    metrics: { requests: 100, errors: 40, p95Milliseconds: 20 },
    kept: [],
    missingTools: [],
  },
  'find-release': { release: 'v1.2.0', known: true, schema: { minimum: '1.2.0', maximum: null } },
  'prepare-release': {
    release: 'v1.2.0',
    folder: 'v1.2.0',
    commit: 'c0ffee',
    built: true,
    fetched: true,
    schema: { minimum: '1.2.0', maximum: null },
  },
  'inspect-schema': { versions: ['1.3.0', '1.2.0'] },
  'list-releases': {
    serving: { release: 'v1.2.0', schema: { minimum: '1.2.0', maximum: null } },
    releases: [
      { release: 'v1.3.0', schema: { minimum: '1.3.0', maximum: null }, undoes: true },
      { release: 'v1.2.0', schema: { minimum: '1.2.0', maximum: null }, undoes: false },
    ],
  },
  'inspect-database': {
    grantees: ['interview_app', 'PUBLIC'],
    owner: 'lifeboat_master',
    sessions: 3,
    databaseTime: TAKEN_AT,
  },
  'inspect-volume': {
    fileSystem: 'ext4',
    megabytes: 4096,
    freeMegabytes: 2048,
    mounted: true,
    merging: false,
    snapshots: [
      {
        name: 'lifeboat-20261122T021340',
        kind: 'snapshot',
        takenAt: '2026-11-22T02:13:40.000Z',
        expires: '2026-12-06',
        megabytes: 1024,
        usedMegabytes: 12,
        sound: true,
      },
    ],
    checked: null,
  },
  'find-files': {
    disk: 'vol-0123456789abcdef0',
    freeMegabytes: 2048,
    usedMegabytes: 100,
    archives: [
      { name: 'files_1.tar.gz', takenAt: TAKEN_AT, bytes: 1000, files: 10, unpackedBytes: 5000, problem: null },
    ],
    objects: [],
  },
  'check-volume': { clean: true, repaired: false },
  'open-volume': { was: 'closed' },
  'inspect-replication': replicated,
  'await-replay': replicated,
  'open-database': { granted: ['interview_app'] },
  'find-backup': foundBackup,
  'align-logins': { roles: ['interview_app'] },
  'measure-application': {
    health: { status: 200, body: '{"status":"healthy"}' },
    requests: 2,
    failed: 0,
    milliseconds: [1, 2],
    metrics: { before: '{}', after: null, problem: 'answered 404' },
  },
  'test-application': {
    tests: { ran: true, because: '', exitCode: 0, seconds: 1, tail: 'pass 2' },
    consistency: { ran: false, because: 'no such script', exitCode: 0, seconds: 0, tail: '' },
  },
  'inspect-configuration': inForce,
  'stage-configuration': {
    versions: [{ version: storedVersion.version, problem: null, words: 'sound', files: digests }],
  },
  'try-logins': { logins: [{ role: 'interview_app', tls: 'TLSv1.3', database: 'interview_app' }] },
};
