import { NothingToDamageError, type Scenario } from './scenario';

/** One host's agent takes no commands and returns no results, while its services go on. `Host.answer` ends it. */
export const silentHost: Scenario = {
  name: 'silent-host',
  title: 'The agent of one host does not answer',
  plan: 'database-recovery',
  inject: ({ hosts, random }) => {
    const ids = [...hosts.keys()].sort();
    const id = ids[Math.floor(random() * ids.length)];
    if (id === undefined) return Promise.reject(new NothingToDamageError('there are no hosts'));
    hosts.get(id)?.silence();
    return Promise.resolve({ at: new Date(), what: `the agent of host ${id} does not answer` });
  },
};
