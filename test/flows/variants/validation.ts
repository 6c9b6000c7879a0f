import { HOSTS, judgedWell, openedValidation } from '../answers';
import type { Variant } from './variant';

const [host] = HOSTS;

export const validation: readonly Variant[] = [
  { name: 'of a run', script: {} },
  {
    name: 'started alone, one host and one that is silent',
    script: {
      input: {},
      functions: {
        'validation-open': {
          ...openedValidation,
          run: null,
          hosts: [host],
          unheard: [{ host: 'i-0123456789abcdef9', why: 'SSM says ConnectionLost' }],
        },
      },
    },
  },
  {
    name: 'no host to ask, and not whole',
    script: {
      functions: {
        'validation-open': { ...openedValidation, hosts: [] },
        'validation-judge': { ...judgedWell, passed: false, words: 'health from outside: no answer' },
      },
    },
    ends: 'ValidationFailedError',
  },
];
