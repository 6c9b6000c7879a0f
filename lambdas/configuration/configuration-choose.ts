import { configurationTasks } from '../../contract/tasks/configuration';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { choose } from './choose';

/** Chooses a version of the configuration, and records the choice with what else there was. */
export const handler = task(
  configurationTasks['configuration-choose'],
  async ({ run, request, stored, examined, hosts }) => {
    const { chosen, reason, alternatives } = choose({ request, stored, examined, hosts });
    const from = stored.bucket === '' ? 'the folder of backups on each host' : `s3://${stored.bucket}`;
    await recordDecision(run.id, {
      at: new Date().toISOString(),
      subject: 'configuration version',
      choice: `${chosen.version} from ${from}`,
      reason,
      alternatives,
    });
    return { chosen, reason };
  },
);
