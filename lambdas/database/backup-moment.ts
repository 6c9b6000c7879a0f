import { EvidenceMissingError } from '../../contract/errors';
import { databaseTasks } from '../../contract/tasks/database';
import { lastPass } from '../gateways/evidence';
import { handler as task } from '../runtime/handler';
import { wantedMoment } from './choose-backup';
import { beforeTheFault } from './passes';

/** Says of which moment or name a backup file is looked for. */
export const handler = task(databaseTasks['backup-moment'], ({ request }) =>
  wantedMoment(request, async () => {
    const last = await lastPass(beforeTheFault(request));
    if (last !== null) return last.takenAt;
    const { fault } = request.incident;
    throw new EvidenceMissingError(
      `No integrity probe has passed${fault === undefined ? '' : ` before the fault at ${fault}`}, so nothing says which moment was good. Give one yourself: {"restoreTime": "2026-11-23T02:13:40Z"}, "latest", or a backup: {"source": {"backup": "db_20261123.sql.gz"}}.`,
    );
  }),
);
