import { chosenRelease, description, HOSTS, request, run } from '../answers';
import type { Variant } from './variant';

const [host = ''] = HOSTS;
const one = (result: unknown) => [{ answers: { done: true, results: [{ host, result }] } }];
const lonely = { services: { nginx: 'active' }, release: 'v1', freeMegabytes: 1, missingTools: [] };
const described = (more: object) => ({
  input: { run, request, description: { ...description, releases: { ...description.releases, ...more } } },
});

/** Of `application-recovery` and `application-rollback`, which take the same steps. */
export const releases: readonly Variant[] = [
  { name: 'two batches', script: {} },
  { name: 'an artefact from a bucket', script: described({ artefacts: 's3://artefacts/releases' }) },
  {
    name: 'a host that is alone stays in service',
    script: {
      ...described({ services: ['app'], carried: [] }),
      functions: {
        'hosts-find': { hosts: [host] },
        'release-choose': { ...chosenRelease, batches: [{ number: 1, hosts: [host], standby: false }] },
      },
    },
  },
  {
    name: 'a release that no host knows yet',
    script: { states: { 'Look for the release: ended?': one({ release: 'v1.2.0', known: false, schema: null }) } },
  },
  {
    name: 'new instances boot with it already',
    script: { functions: { 'template-inspect': { present: { version: '2', release: 'v1.2.0' }, refreshing: false } } },
  },
  {
    name: 'a host lacks a tool',
    script: { states: { 'Look at the hosts: ended?': one({ ...lonely, missingTools: ['psql'] }) } },
    ends: 'HostUnfitError',
  },
];

const unmeasured = ['not yet', { fails: 'DocumentFailedError' }] as const;

export const schemaRollback: readonly Variant[] = [
  { name: 'goes back', script: {} },
  {
    name: 'a table that is measured is not there, before and after',
    script: {
      states: { 'Measure what is there: ended?': unmeasured, 'Measure what is left: ended?': unmeasured },
    },
  },
  {
    name: 'one of everything',
    script: {
      functions: { 'hosts-find': { hosts: [host] } },
      states: {
        'Ask the database for its schema: ended?': one({ versions: ['1.3.0'] }),
        'Ask which releases know the way: ended?': one({
          serving: { release: 'v1.2.0', schema: null },
          releases: [{ release: 'v1.3.0', schema: null, undoes: true }],
        }),
      },
    },
  },
  {
    name: 'a host lacks a tool',
    script: { states: { 'Look at the hosts: ended?': one({ ...lonely, missingTools: ['psql'] }) } },
    ends: 'HostUnfitError',
  },
];

export const releaseProbe: readonly Variant[] = [
  { name: 'looks', script: {} },
  { name: 'one host', script: { functions: { 'hosts-find': { hosts: [host] } } } },
  {
    name: 'a run is on',
    script: { functions: { 'releases-open': { probe: false, because: 'a run holds the lease' } } },
  },
];
