import { chosen, description, foundBackup, HOSTS, request, run } from '../answers';
import type { Variant } from './variant';

/** The same application with a database on a host of its own. */
export const selfHostedDescription = {
  ...description,
  database: {
    ...description.database,
    engine: 'self-hosted',
    fenceSecurityGroupId: 'none',
    selfHosted: { tag: { key: 'lifeboat:database', value: 'interview-drills-drill' }, backupFolder: '/backup' },
  },
};
const input = { run, request, description: selfHostedDescription };
const [host = ''] = HOSTS;
const one = (result: unknown) => [{ answers: { done: true, results: [{ host, result }] } }];
export const oneDatabaseHost = { 'Find the host of the database': [{ answers: { hosts: [host] } }] };
const [login] = description.database.logins;
const [check] = description.database.integrityChecks;

export const selfHosted: readonly Variant[] = [
  { name: 'from the newest sound backup', script: { input, states: oneDatabaseHost } },
  {
    name: 'several hosts have the tag of the database',
    script: { input },
    ends: 'HostUnfitError',
  },
  {
    name: 'a host lacks a tool',
    script: {
      input,
      states: {
        ...oneDatabaseHost,
        'Look at the hosts: ended?': one({
          services: { nginx: 'active' },
          release: 'v1',
          freeMegabytes: 1,
          missingTools: ['psql'],
        }),
      },
    },
    ends: 'HostUnfitError',
  },
  {
    name: 'a database that somebody dropped, without a baseline',
    script: {
      input,
      functions: {
        'backup-choose': {
          source: { kind: 'backup-file', folder: '/backup', file: 'db_a.dump', moment: chosen.baselineTakenAt },
          predictedLossSeconds: 1,
          baselineTakenAt: null,
          baselineThrough: {},
        },
      },
      states: {
        ...oneDatabaseHost,
        'Look for a sound backup: ended?': one({ ...foundBackup, present: false, skipped: [] }),
      },
    },
  },
  {
    // JSONata makes one of a list of one, and nothing of an empty list.
    name: 'one of everything, and nobody',
    script: {
      input: {
        ...input,
        description: {
          ...selfHostedDescription,
          database: { ...selfHostedDescription.database, logins: [login], integrityChecks: [check] },
        },
      },
      states: {
        ...oneDatabaseHost,
        'Ask who may connect: ended?': one({
          grantees: [],
          owner: 'postgres',
          sessions: 0,
          databaseTime: '2026-11-23T02:13:40Z',
        }),
      },
    },
  },
];
