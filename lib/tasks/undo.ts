import { describeTemplates } from './changes/instances';
import { journal, type TaskDeployment } from './deployment';

export const undoDeployments: Record<string, TaskDeployment> = {
  'undo-open': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [
      ...journal(r),
      { actions: ['dynamodb:Query'], resources: [r.evidenceTableArn] },
      // Which release instances will boot again.
      describeTemplates,
    ],
  },
  'undo-count': { environment: ['runsTable'], grants: (r) => journal(r) },
};
