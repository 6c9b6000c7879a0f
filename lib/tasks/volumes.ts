import { journal, type TaskDeployment } from './deployment';

export const volumeDeployments: Record<string, TaskDeployment> = {
  'snapshot-choose': { environment: ['runsTable'], grants: (r) => journal(r) },
};
