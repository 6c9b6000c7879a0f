import { expression, type Expression } from '../../contract/expressions';
import { batchAfterBatch } from '../fragments/batches';
import { change } from '../fragments/change';
import { intend } from '../fragments/intention';
import type { Patience, Steps } from '../fragments/steps';
import * as is from '../fragments/values';
import type { Serving } from './values';
import * as the from './values';

/** The script asks for a quarter of an hour at most; each question costs events, and there are many batches. */
export const becomingHealthy: Patience = { firstSeconds: 3, longestSeconds: 45, rounds: 28 };

/** The release on hosts, the same for a batch of them as for all. */
export function switching(hosts: Expression<string[]>) {
  const { description } = is;
  return intend('release', {
    step: 'Switch the release',
    key: 'release',
    target: {
      hosts,
      release: the.release,
      folders: expression<Record<string, string>>('$folders'),
      folder: description.hosts.folder,
      releasesFolder: description.releases.folder,
      services: description.releases.services,
      healthUrl: description.hosts.healthUrl,
    },
    before: { serving: expression<Serving>('$serving') },
  });
}

/** Switched and healthy, one host first. */
export const switchBatchAfterBatch = (steps: Steps) =>
  batchAfterBatch(steps, {
    work: (inside, hosts, keyed) => {
      const release = switching(hosts);
      return change(inside, release.step, 'release', is.run, { ...release, key: keyed(release.key) }, becomingHealthy);
    },
    ended: 'The batch serves the release',
  });
