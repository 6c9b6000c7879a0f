import { usual } from '../answers';
import type { Variant } from './variant';

const chosen = usual['target-group-choose']?.({});

export const loadBalancerRollback: readonly Variant[] = [
  { name: 'asked for health by another path', script: {} },
  {
    name: 'asked for health by the described path already',
    script: {
      functions: {
        'target-group-choose': { ...(typeof chosen === 'object' ? chosen : {}), healthCheckPath: '/api/health' },
      },
    },
  },
];
