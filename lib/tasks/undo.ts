import { journal, type TaskDeployment } from './deployment';

export const undoDeployments: Record<string, TaskDeployment> = {
  'undo-open': { environment: ['runsTable'], grants: (r) => journal(r) },
  'undo-count': { environment: ['runsTable'], grants: (r) => journal(r) },
};
