import { expression } from '../../contract/expressions';

/**
 * Whether the restore can begin before the old database is fenced: its moment lies within what the backups reach, or it is of a
 * snapshot. "Latest" comes after the fence, and so does a moment that the backups have not reached yet.
 */
export const canBeginAtOnce = expression<boolean>(
  "$source.kind != 'point-in-time' or ($source.moment != 'latest' and" +
    ' $count($sources.pointInTime[resourceId = $source.resourceId and $toMillis(latest) >= $toMillis($source.moment)]) > 0)',
);

/** What of the hosts' services is the application's; the web server goes on behind the maintenance page. */
export const applicationUnits = expression<string[]>('[$description.releases.services]');
