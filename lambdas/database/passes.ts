import type { IntegrityMeasure } from '../../contract/documents';
import type { RecoveryRequest } from '../../contract/run';

/** What the probe said while the fault was at work already is no evidence of anything good. */
export const beforeTheFault = ({ incident }: RecoveryRequest) =>
  incident.fault === undefined ? {} : { before: incident.fault };

/** What `Checks` of the document may hold of a key; `|` would begin a rule (contract/documents.ts). */
const passable = /^[A-Za-z0-9_:,.=>@+-]+$/;

/** Table to the highest key that a pass's checksum is over, as `probe-integrity` takes it. */
export const throughOf = (measure: IntegrityMeasure | undefined): Record<string, string> =>
  Object.fromEntries(
    (measure?.tables ?? [])
      .filter(({ through }) => passable.test(through))
      .map(({ table, through }) => [table, through]),
  );
