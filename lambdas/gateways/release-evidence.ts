import { releaseSightingSchema, type ReleaseSighting } from '../../contract/tasks/releases';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';
import { instantKey } from './evidence';
import { putItem, queryItems } from './table';

/** Which release each host served, and how well, probe by probe: what "known healthy" is known from. */

/** As long as the evidence of the integrity probe. */
const KEPT_DAYS = 400;
/** At three minutes a probe, ten days: a release that was last seen before is not what anybody goes back to unasked. */
const MOST = 5000;

const partition = () => `RELEASE#${environment('environment')}`;

/** Keeps what a probe found. */
export async function recordSighting(sighting: ReleaseSighting): Promise<void> {
  await putItem(environment('evidenceTable'), {
    pk: partition(),
    sk: instantKey(sighting.takenAt),
    sighting,
    expires: Math.floor(Date.parse(sighting.takenAt) / 1000) + KEPT_DAYS * 86_400,
  });
}

/** What the last probe found, or null. */
export async function latest(): Promise<ReleaseSighting | null> {
  for await (const sighting of sightings()) return sighting;
  return null;
}

/** What probes found, newest first. @param before only what was found before that time */
export async function* sightings(before?: string): AsyncGenerator<ReleaseSighting> {
  const options = { backwards: true, ...(before === undefined ? {} : { upTo: instantKey(before) }) };
  let read = 0;
  for await (const item of queryItems(environment('evidenceTable'), partition(), options)) {
    if ((read += 1) > MOST) return;
    yield parse(releaseSightingSchema, item['sighting'], 'a stored look at the releases');
  }
}
