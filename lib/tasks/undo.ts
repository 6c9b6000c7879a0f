import { describeTemplates } from './changes/instances';
import { listBackups, readEvidence } from './database';
import { journal, type TaskDeployment } from './deployment';
import { describeWay } from './infrastructure';
import { findInstance } from './integrity';

export const undoDeployments: Record<string, TaskDeployment> = {
  'undo-open': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [
      ...journal(r),
      { actions: ['dynamodb:Query'], resources: [r.evidenceTableArn] },
      // Which release instances will boot again.
      describeTemplates,
      // Whether users are still led to somebody without what was made.
      ...describeWay,
    ],
  },
  'undo-source': {
    environment: ['runsTable', 'evidenceTable'],
    grants: (r) => [...journal(r), readEvidence(r), ...findInstance(r), listBackups],
  },
  'undo-count': { environment: ['runsTable'], grants: (r) => journal(r) },
};
