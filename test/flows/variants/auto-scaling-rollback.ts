import { HOSTS, usual } from '../answers';
import type { Variant } from './variant';

const chosen = usual['template-choose']?.({});

export const autoScalingRollback: readonly Variant[] = [
  { name: 'no refresh runs', script: {} },
  {
    name: 'a host that lacks a tool',
    script: {
      states: {
        'Look at the hosts: ended?': [
          {
            answers: {
              done: true,
              results: [
                {
                  host: HOSTS[0],
                  result: { services: { nginx: 'active' }, release: 'v1', freeMegabytes: 1, missingTools: ['psql'] },
                },
              ],
            },
          },
        ],
      },
    },
    ends: 'HostUnfitError',
  },
  {
    name: 'a refresh runs already',
    script: { functions: { 'template-choose': { ...(typeof chosen === 'object' ? chosen : {}), refreshing: true } } },
  },
];
