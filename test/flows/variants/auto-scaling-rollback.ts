import { usual } from '../answers';
import type { Variant } from './variant';

const chosen = usual['template-choose']?.({});

export const autoScalingRollback: readonly Variant[] = [
  { name: 'no refresh runs', script: {} },
  {
    name: 'a refresh runs already',
    script: { functions: { 'template-choose': { ...(typeof chosen === 'object' ? chosen : {}), refreshing: true } } },
  },
];
