import { integrityMeasureSchema, type IntegrityMeasure } from '../../contract/documents';
import type { RunMoment } from '../../contract/tasks/database';
import { getItem, putItem } from '../gateways/table';
import { environment } from '../runtime/environment';
import { parse } from '../runtime/parse';

/** What a run has measured of the database while nobody could write to it. DynamoDB table `runs`, beside its journal. */
const keyOf = (runId: string, moment: RunMoment) => ({ pk: `RUN#${runId}`, sk: `MEASURE#${moment}` });

/** Keeps it with the run; one that is measured again replaces it. */
export async function recordMeasure(runId: string, moment: RunMoment, measure: IntegrityMeasure): Promise<void> {
  await putItem(environment('runsTable'), { ...keyOf(runId, moment), measure });
}

/** Null where the run has measured nothing then. */
export async function measureOf(runId: string, moment: RunMoment): Promise<IntegrityMeasure | null> {
  const item = await getItem(environment('runsTable'), keyOf(runId, moment));
  return item === undefined
    ? null
    : parse(integrityMeasureSchema, item['measure'], `what ${runId} measured (${moment})`);
}
