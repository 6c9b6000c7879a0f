import { description, HOSTS, request, run } from '../answers';
import type { Variant } from './variant';

const plan = 'take-snapshot';
const lacking = { services: { nginx: 'active' }, release: 'v1', freeMegabytes: 1, missingTools: ['psql'] };
const [host = ''] = HOSTS;
const fresh = { fileSystem: 'ext4', megabytes: 1, freeMegabytes: 1, mounted: true, merging: false, checked: null };

export const takeSnapshot: readonly Variant[] = [
  { name: 'two hosts', script: {} },
  {
    // JSONata makes nothing of an empty list.
    name: 'one host without a snapshot yet',
    script: {
      functions: { 'hosts-find': { hosts: [host] } },
      states: {
        'Look at the volumes: ended?': [
          { answers: { done: true, results: [{ host, result: { ...fresh, snapshots: [] } }] } },
        ],
      },
    },
  },
  {
    name: 'no volume is described',
    script: {
      input: {
        run: { ...run, plan },
        request: { ...request, plan },
        description: { ...description, volume: undefined },
      },
    },
    ends: 'HostUnfitError',
  },
  {
    name: 'a host lacks a tool',
    script: {
      states: { 'Look at the hosts: ended?': [{ answers: { done: true, results: [{ host, result: lacking }] } }] },
    },
    ends: 'HostUnfitError',
  },
];
