import { description, HOSTS, request, run } from '../answers';
import type { Variant } from './variant';

const plan = 'file-system-rollback';
const given = (more: object) => ({
  input: { run: { ...run, plan }, request: { ...request, plan }, description: { ...description, ...more } },
});
const lacking = { services: { nginx: 'active' }, release: 'v1', freeMegabytes: 1, missingTools: ['psql'] };
const [host = ''] = HOSTS;

export const fileSystemRollback: readonly Variant[] = [
  { name: 'two hosts', script: {} },
  { name: 'one host', script: { functions: { 'hosts-find': { hosts: [host] } } } },
  {
    name: 'repair is allowed',
    script: given({ volume: { ...description.volume, allowRepair: true } }),
  },
  { name: 'no volume is described', script: given({ volume: undefined }), ends: 'HostUnfitError' },
  {
    name: 'a host lacks a tool',
    script: {
      states: { 'Look at the hosts: ended?': [{ answers: { done: true, results: [{ host, result: lacking }] } }] },
    },
    ends: 'HostUnfitError',
  },
];
