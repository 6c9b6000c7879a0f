import { changeKinds } from '../../contract/changes';
import { configurationTasks } from '../../contract/tasks/configuration';
import { recordDecision } from '../run/journal';
import { rollbacks, type Rollback } from '../run/rollbacks';
import { handler as task } from '../runtime/handler';
import { choose } from './choose';

/** Of every host whose configuration was placed. */
const wentBack = ({ run, settledAt, changes }: Rollback) =>
  changes.flatMap(({ kind, target }) =>
    kind === 'configuration' ? [{ run, at: settledAt, to: changeKinds[kind].target.parse(target).version }] : [],
  );

/** Chooses a version of the configuration, and records the choice with what else there was. */
export const handler = task(
  configurationTasks['configuration-choose'],
  async ({ run, request, stored, examined, hosts }) => {
    const earlier = (await rollbacks(run.environment, ['configuration-rollback'])).flatMap(wentBack);
    const { chosen, reason, alternatives } = choose({ request, stored, examined, hosts, earlier });
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
