import { describeGroups, describeTemplates } from './changes/instances';
import { journal, type TaskDeployment } from './deployment';

export const instanceDeployments: Record<string, TaskDeployment> = {
  'template-inspect': { environment: ['runsTable'], grants: () => [describeGroups, describeTemplates] },
  'template-choose': {
    environment: ['runsTable'],
    grants: (r) => [...journal(r), describeGroups, describeTemplates],
  },
};
