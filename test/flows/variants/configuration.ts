import { description, HOSTS, inForce, request, run, storedVersion } from '../answers';
import type { Variant } from './variant';

const [host = ''] = HOSTS;
const { configuration } = description;
const [file] = configuration.files;
const one = (result: unknown) => [{ answers: { done: true, results: [{ host, result }] } }];
const lonely = { services: { nginx: 'active' }, release: 'v1', freeMegabytes: 1, missingTools: [] };

/** Recovery and rollback: what they choose is a function's. */
export const configurationVariants: readonly Variant[] = [
  { name: 'two hosts, one after the other', script: {} },
  {
    name: 'five hosts in batches of two',
    script: {
      input: { run, request, description: { ...description, configuration: { ...configuration, batchSize: 2 } } },
      functions: { 'hosts-find': { hosts: [2, 3, 4, 5, 6].map((last) => `i-0123456789abcdef${last}`) } },
    },
  },
  {
    name: 'a host lacks a tool',
    script: { states: { 'Look at the hosts: ended?': one({ ...lonely, missingTools: ['psql'] }) } },
    ends: 'HostUnfitError',
  },
  {
    // JSONata makes one of a list of one, and nothing of an empty list.
    name: 'one of everything, and no secret',
    script: {
      input: {
        run,
        request,
        description: {
          ...description,
          configuration: {
            ...configuration,
            healthUrls: ['http://localhost/'],
            files: [{ ...file, services: file?.services.slice(0, 1) }],
          },
        },
      },
      functions: {
        'hosts-find': { hosts: [host] },
        'configuration-find': { bucket: '', candidates: [storedVersion], because: 'it is there', passedOver: [] },
      },
      states: {
        'Look at the configuration: ended?': one({ ...inForce, secretsCurrent: {} }),
      },
    },
  },
];
