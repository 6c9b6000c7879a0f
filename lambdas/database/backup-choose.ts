import type { BackupSource } from '../../contract/changes';
import { databaseTasks } from '../../contract/tasks/database';
import { lastPass } from '../gateways/evidence';
import { recordDecision } from '../run/journal';
import { handler as task } from '../runtime/handler';
import { judgeBackup } from './choose-backup';
import { beforeTheFault, throughOf } from './passes';

/** Judges the backup that was found and records the decision, with what was skipped. */
export const handler = task(
  databaseTasks['backup-choose'],
  async ({ run, request, objective, folder, wanted, found }) => {
    const now = new Date().toISOString();
    const { file, takenAt, format } = found.backup;
    const source: BackupSource = { kind: 'backup-file', folder, file, moment: takenAt };
    const { predictedLossSeconds, alternatives } = judgeBackup({ request, objective, found, now });
    const baseline = await lastPass({ notAfter: takenAt, ...beforeTheFault(request) });
    await recordDecision(run.id, {
      at: now,
      subject: 'recovery source',
      choice: JSON.stringify(source),
      reason: `${wanted.because}; it is ${file} (${format}), finished at ${takenAt}; predicted loss ${Math.ceil(predictedLossSeconds)} s of ${objective.rpoMinutes * 60} s allowed`,
      alternatives,
    });
    return {
      source,
      predictedLossSeconds,
      baselineTakenAt: baseline?.takenAt ?? null,
      baselineThrough: throughOf(baseline?.measure),
    };
  },
);
